"""What the keys of the area may be, and what they become."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.lists import COLUMNS
from skyloom.clusters.config import Column
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.inference.windows import WindowSettings, window_origins
from skyloom.clusters.tasks.images import RENDERERS
from skyloom.clusters.tasks.train import shape
from skyloom.run.config import ConfigError
from small_clusters import section

LINES = RedSequence(np.array([0.0, 1.0]), np.array([[20.0] * 4, [24, 22, 21, 20.5]]))


@pytest.mark.parametrize("tile", [8, 16, 64, 512])
@pytest.mark.parametrize("pool", [1, 2, 4, 8])
@pytest.mark.parametrize("shifts", [1, 2, 8])
def test_what_is_not_refused_is_possible(tile, pool, shifts):
    """The library takes every combination that passes."""
    stages = max((tile // pool).bit_length() - 1, 0)
    try:
        whole = section(
            data={"tile_size": tile, "pool": pool},
            network={"widths": [8] * max(stages, 1), "blocks": []},
            simulate={"fields": {"image_size": 1024}},
            survey={"window": 1024, "step": 1000, "shifts": shifts},
        )
    except ConfigError:
        return
    assert shape(whole.network, whole.data, LINES).stages == stages
    windows = WindowSettings(1024, 1000, tile, pool, shifts)
    assert not (window_origins((2000, 1500), windows) % pool).any()


def test_an_encoder_of_the_defaults_is_the_librarys():
    """A shape of its own has what nobody set."""
    whole = section()
    assert shape(whole.network, whole.data, LINES) == EncoderSettings()


def test_the_encoder_is_told_the_red_sequence():
    """Redshifts of the configuration become the colours there."""
    whole = section(network={"ridge": [0.5, 1.0]})
    made = shape(whole.network, whole.data, LINES)
    assert made.ridge == ((1.0, 0.5, 0.25), (2.0, 1.0, 0.5))


def test_renderers_are_the_librarys():
    """Each name that the library knows may be set, and no other."""
    assert get_args(Images.model_fields["renderer"].annotation) == tuple(RENDERERS)


def test_columns_are_those_of_lists():
    """Each column that the library reads may be named, and no other."""
    assert get_args(Column) == COLUMNS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"match": {"a": "/"}}, "match.a: got '/', there is no file"),
        ({"data": {"pool": 3}}, "data.pool: got 3, expected 1, 2, 4 or 8"),
        ({"data": {"tile_size": 48}}, "data.tile_size: got 48, expected 8, 16"),
        ({"evaluate": {"richness": [0, 0]}}, "each item more than the one before"),
        ({"evaluate": {"redshifts": [-3, -1]}}, "redshifts.0: got -3, expected gr"),
        ({"evaluate": {"redshifts": [0.2, 3.1]}}, "redshifts.1: got 3.1, expected l"),
        ({"encoder": "a.ckpt", "train": {"start": "b.ckpt"}}, "nothing is trained"),
        ({"data": {"test": 0}}, "data.test: got 0, expected greater than 0"),
        ({"data": {"held_out": 0.5}}, "data.held_out: got 0.5, expected less than or"),
        ({"images": {"renderer": "draw"}}, "images.renderer: got 'draw', expected 'b"),
        ({"images": {"fwhm": [1, 1, 1]}}, "images.fwhm"),
        (
            {"images": {"fwhm": [1, 1, 1, 9]}},
            "fwhm.3: got 9, expected less than",
        ),
        ({"images": {"depth10": [24, 24, 24, 14]}}, "depth10.3: got 14, expected gr"),
        ({"network": {"widths": []}}, "network.widths: got []"),
        ({"train": {"epochs": 0}}, "train.epochs: got 0, expected greater than or"),
        ({"train": {"devices": "all"}}, "train.devices: got 'all', expected a valid"),
        ({"train": {"weights": {"richnes": 1}}}, "did you mean richness?"),
        ({"survey": {"device": "gpu"}}, "survey.device: got 'gpu'"),
        ({"survey": {"shifts": 3}}, "survey.shifts: got 3, expected 1, 2, 4 or 8"),
        ({"evaluate": {"redshifts": [0.7, 0.2]}}, "each item more than the one before"),
        ({"match": {"columns_a": {"SNR": "S"}}}, "expected 'ID', 'RA', 'DEC', 'Z_LAM"),
        ({"encoder": 3}, "encoder: got 3, expected a valid string"),
        ({"paths": {"list": "no.fits"}}, "paths.list: got 'no.fits', there is no file"),
        ({"paths": {"survey": "no"}}, "paths.survey: got 'no', there is no folder"),
        ({"real_field": {"galaxies": "no"}}, "galaxies: got 'no', there is no file or"),
        ({"retrieve": {"tiles": "ftp://x"}}, "retrieve.tiles: got 'ftp://x'"),
        ({"simulate": {"feilds": {}}}, "did you mean fields?"),
        (
            {"simulate": {"survey": {"halos": {"richness": [0.5, 200]}}}},
            "richness.0: got 0.5, expected greater than or equal to 1",
        ),
        (
            {"simulate": {"fields": {"halos": {"redshifts": [0.1, 1.6]}}}},
            "redshifts.1: got 1.6, expected less than or equal to 1.5",
        ),
    ],
    ids=str,
)
def test_wrong_values_are_refused(change, said):
    """A wrong value is named with its key and with what was expected."""
    with pytest.raises(ConfigError) as caught:
        section(**change)
    assert said in str(caught.value)


def test_one_list_is_refused(tmp_path, monkeypatch):
    """A list alone cannot be matched."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match="one list cannot be matched; set both"):
        section(match={"b": "a.csv"})
