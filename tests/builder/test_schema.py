"""The configuration's schema says what the library's settings are."""

from __future__ import annotations

import dataclasses
import json

import pytest
from skyloom.builder.aggregation.aggregate import AggregateSettings, settings_from
from skyloom.builder.analysis.pitch import PitchSettings
from skyloom.builder.fitting.fit import TuneSettings
from skyloom.builder.images.noise import SDSS_CALIBRATION, SDSS_GAIN
from skyloom.builder.products.catalogue import CatalogueSettings
from skyloom.builder.simulation.galaxies import GalaxySettings
from skyloom.run.schema import filled, load_schema, problems_of


@pytest.fixture(scope="module")
def schema(checkout) -> dict:
    return load_schema(checkout / "workflow" / "schemas" / "builder.schema.yaml")


@pytest.fixture(scope="module")
def defaults(schema) -> dict:
    return filled({}, schema)


def plain(settings) -> dict:
    return json.loads(json.dumps(dataclasses.asdict(settings)))


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("tune", TuneSettings()),
        ("pitch", PitchSettings()),
        ("catalogue", CatalogueSettings()),
        ("aggregate", AggregateSettings()),
    ],
)
def test_defaults_are_the_librarys(defaults, section, settings):
    """Names and defaults of a section are those of its dataclass."""
    assert defaults[section] == plain(settings)


def test_simulation_has_the_galaxies_and_their_number(defaults):
    """The simulator's section is its population, and how many to draw."""
    own = plain(GalaxySettings())
    counts = {"n_subjects", "n_repeats"}
    assert {k: v for k, v in defaults["simulate"].items() if k not in counts} == own


def test_noise_is_the_librarys(defaults):
    """Gain and calibration are those of the noise model."""
    noise = defaults["noise"]
    assert noise["gain"] == SDSS_GAIN
    assert noise["calibration"] == SDSS_CALIBRATION


def test_aggregate_section_makes_settings(defaults):
    """What the schema fills in is what the library starts from."""
    assert settings_from(defaults["aggregate"]) == AggregateSettings()


def leaves(schema, path=()):
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, (*path, name))
    if "properties" not in schema:
        yield path, schema


def test_every_key_says_what_it_means_and_its_unit(schema):
    """Each key has a default, and a description with the unit in brackets."""
    bare = [
        ".".join(path)
        for path, leaf in leaves(schema)
        if "default" not in leaf
        or "[" not in leaf.get("description", "")
        or "]" not in leaf.get("description", "")
    ]
    assert bare == []


def test_every_section_refuses_unknown_keys(schema):
    """No misspelt key passes."""

    def sections(tree, name="builder"):
        if "properties" in tree:
            yield name, tree
            for key, inner in tree["properties"].items():
                yield from sections(inner, f"{name}.{key}")

    assert [n for n, t in sections(schema) if t.get("additionalProperties", True)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chunks": 0}, "chunks: got 0, expected at least 1"),
        ({"source": "sky"}, "source: got 'sky', expected one of"),
        ({"tune": {"method": "newton"}}, "tune.method"),
        ({"tune": {"bounds": {"disk.q": [1]}}}, "tune.bounds.disk.q"),
        ({"winding": {"lower": 50.0, "upper": 15.0}}, "expected lower < upper"),
        ({"pitch": {"rhat_max": 1.0}}, "more than 1"),
        ({"simulate": {"p_bar": 1.2}}, "at most 1"),
        ({"agregate": {}}, "did you mean aggregate?"),
        (
            {"sample": {"sheet": "a.csv", "subject_ids": [1]}},
            "both a sheet and a list of subject_ids",
        ),
        (
            {"tune": {"bounds": {"disk.Re": [5, 1]}}},
            "tune.bounds.disk.Re: got [5, 1], expected each item more than",
        ),
        ({"tune": {"bounds": {"bar.q": [0.3, 0.3]}}}, "tune.bounds.bar.q: got [0.3"),
        (
            {"tune": {"bounds": {"disk.Re": [-5, 1]}}},
            "tune.bounds.disk.Re.0: got -5, expected more than 0",
        ),
        ({"tune": {"bounds": {"bulge.q": [0, 1]}}}, "tune.bounds.bulge.q.0: got 0"),
        ({"tune": {"bounds": {"spiral.I": [-1, 1]}}}, "tune.bounds.spiral.I.0: got -1"),
        ({"tune": {"bounds": {"spiral.phi": [-95, 1]}}}, "tune.bounds.spiral.phi.0:"),
        (
            {"tune": {"bounds": {"spiral.phi": [30, -30]}}},
            "tune.bounds.spiral.phi: got",
        ),
        (
            {"simulate": {"size": [150, 90]}},
            "simulate.size: got [150, 90], expected no",
        ),
        ({"simulate": {"magnitude": [16.8, 13.9]}}, "simulate.magnitude: got [16.8"),
        ({"simulate": {"pitch_limits": [40, 5]}}, "simulate.pitch_limits: got [40, 5]"),
        ({"simulate": {"pitch_limits": [40, 40]}}, "simulate.pitch_limits: got [40,"),
        ({"simulate": {"p_arms": [0, 0.0]}}, "simulate.p_arms: every part is 0"),
        (
            {"simulate": {"n_subjects": 3, "n_repeats": 4}},
            "simulate: got n_repeats = 4, n_subjects = 3, expected n_repeats <= n_sub",
        ),
        ({"aggregate": {"outline": 1}}, "aggregate.outline: a polygon has 3 corners"),
        ({"aggregate": {"outline": 2}}, "aggregate.outline: a polygon has 3 corners"),
        (
            {"aggregate": {"spiral": {"theta_percentiles": [100, 0]}}},
            "aggregate.spiral.theta_percentiles: got [100, 0]",
        ),
        ({"morphology": {"bar_limits": [0.5, 0.2]}}, "morphology.bar_limits: got [0.5"),
        (
            {"winding": {"lower": 10.0, "upper": 18.0}},
            "winding: got scan = [5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0], upper = 18",
        ),
        ({"winding": {"scan": [30, 50]}}, "expected scan < upper"),
        ({"paths": {"models": "m/1.json"}}, "{subject} is missing"),
        (
            {"paths": {"images": "1.npz"}, "sample": {"subject_ids": [1, 2]}},
            "{subject} is missing",
        ),
        ({"paths": {"subject_data": "a/{id}.json"}}, "{subject} is missing"),
        ({"paths": {"fitting_data": "a"}}, "{subject} is missing"),
    ],
)
def test_contradictions_are_refused(schema, change, said):
    """A wrong value is named with its key and with what was expected."""
    assert any(said in line for line in problems_of(filled(change, schema), schema))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"simulate": {"size": [64, 64], "magnitude": [15, 15], "p_arms": [0, 1]}},
        {"simulate": {"n_subjects": 3, "n_repeats": 3}},
        {"aggregate": {"outline": 0}},
        {"aggregate": {"outline": 3, "spiral": {"theta_percentiles": [5, 95]}}},
        {"morphology": {"bar_limits": [0.5, 0.5]}},
        {"winding": {"lower": 10.0, "upper": 18.0, "scan": [17.9]}},
        {"tune": {"bounds": {"spiral.phi": [-60, -10], "spiral.I": [0, 2]}}},
        {"paths": {"models": "m/{subject}.json"}},
        {"paths": {"subject_data": "one.json"}, "sample": {"subject_ids": [7]}},
    ],
    ids=str,
)
def test_odd_but_sound_settings_pass(schema, change):
    """What a run can follow is not refused; one subject needs no pattern."""
    assert problems_of(filled(change, schema), schema) == []
