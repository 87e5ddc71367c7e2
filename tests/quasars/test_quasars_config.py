"""The configuration of the area: what it refuses, and what it passes."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from skyloom.quasars.config import Config, Survey
from skyloom.quasars.config_simulation import Objects
from skyloom.quasars.config_training import Network
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.runners import RUNNERS
from skyloom.quasars.simulation.targets import REDSHIFTS
from skyloom.run.config import ConfigError, checked
from small_quasars import STRATEGIES


@pytest.mark.parametrize(
    ("section", "name", "known"),
    [
        (Survey, "runner", RUNNERS),
        (Objects, "redshifts", REDSHIFTS),
    ],
)
def test_words_are_the_librarys(section, name, known):
    """Each name that the library knows may be set, and no other."""
    assert set(get_args(section.model_fields[name].annotation)) == set(known)


@pytest.mark.parametrize("layers", range(1, 9))
def test_every_depth_fits_the_grid(layers):
    """All depths that may be set leave pixels to look at."""
    arch = Architecture(**dict(Network(n_layers=layers)))
    assert arch.n_layers == layers
    with pytest.raises(ConfigError, match="n_layers"):
        checked(Network, {"n_layers": 9})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evaluate": {"truth": __file__}}, "evaluate: a truth without spectra"),
        (
            {"simulate": {"sample": {"objects": {"families": ["eigen"]}}}},
            "simulate.sample.objects: the family eigen needs redrock's templates",
        ),
        (
            {"simulate": {"survey": {"objects": {"mix": [0, 0.0, 0, 0]}}}},
            "simulate.survey.objects: the mix is all zero",
        ),
        (
            {"survey": {"runner": "numpy", "device": "cuda:1"}},
            "survey: only the torch runner takes a device",
        ),
        (
            {"survey": {"runner": "keras", "device": "cuda"}},
            "survey: only the torch runner takes a device",
        ),
        ({"ensemble": {"held_out": 0.6}}, "ensemble.held_out: got 0.6, expected less"),
        ({"rounds": -1}, "rounds: got -1, expected greater"),
        ({"network": {"dropout": 1}}, "network.dropout: got 1, expected less than 1"),
        ({"survey": {"device": "gpu"}}, "survey.device: got 'gpu', "),
        ({"paths": {"answers": "a/1"}}, "paths.answers: got 'a/1', "),
        ({"paths": {"decisions": "d.csv"}}, "paths.decisions: got 'd.csv'"),
        (
            {"simulate": {"survey": {"objects": {"magnitudes": [22, 18]}}}},
            "simulate.survey.objects.magnitudes: got [22, 18], expected each item more",
        ),
        (
            {"evaluate": {"noise": [4, 4]}},
            "evaluate.noise: got [4, 4], expected no item twice",
        ),
        ({"evaluate": {"noise": [0]}}, "evaluate.noise.0: got 0, expected greater"),
        (
            {"query": {"strategy": "luck"}},
            "query.strategy: got 'luck', expected 'entropy'",
        ),
        ({"quary": {}}, "did you mean query?"),
        ({"query": {"reserve": 0.95}}, "query.reserve: got 0.95, expected less"),
        ({"som": {"share": 0}}, "som.share: got 0, expected greater than 0"),
        ({"paths": {"training": "no"}}, "paths.training: got 'no', there is no file"),
        (
            {"evaluate": {"spectra": "no"}},
            "evaluate.spectra: got 'no', there is no file",
        ),
        *(
            (
                {"ensemble": {"members": 1}, "query": {"strategy": strategy}},
                "one member does not disagree with itself: the query needs two",
            )
            for strategy in set(STRATEGIES) - {"random"}
        ),
    ],
)
def test_contradictions_are_refused(change, said):
    """A wrong value is named with its key and with what to do."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        checked(Config, change)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rounds": 0},
        {"ensemble": {"device": "cuda:0"}},
        {"survey": {"runner": "torch", "device": "cuda"}},
        {"survey": {"runner": "numpy"}},
        {"ensemble": {"members": 1}, "query": {"strategy": "random"}},
        {"ensemble": {"members": 1}, "rounds": 0},
        {"query": {"reserve": 0.9}, "som": {"share": 1}},
        {"evaluate": {"spectra": "/", "ensemble": None, "noise": [1, 4]}},
        {"ensemble": {"held_out": 0}},
        {"simulate": {"sample": {"objects": {"mix": [0, 0, 0, 1]}}}},
        {"paths": {"answers": "a/{round}", "decisions": "d{round}.csv"}},
    ],
    ids=str,
)
def test_odd_but_sound_settings_pass(change):
    """What a run can follow is not refused."""
    checked(Config, change)
