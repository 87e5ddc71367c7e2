"""Settings of the area: what fits, and what is refused."""

from __future__ import annotations

import pytest
from skyloom.run.config import ConfigError, checked
from skyloom.spirals.config import Config


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    """Lay out the data: a table, and a folder with a picture."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "table.csv").touch()
    (tmp_path / "folder").mkdir()


SOUND = [
    {},
    {"sources": ["simulated"]},
    {
        "sources": ["pictures"],
        "paths": {"pictures": ["folder", "table.csv"]},
        "model": "m.pt",
    },
    {"sources": ["galaxy_builder"], "paths": {"drawings": "folder"}},
    {
        "sources": ["gz3d", "galaxy_builder"],
        "paths": {"gz3d": "folder", "catalogue": "table.csv", "drawings": "folder"},
    },
    {
        "sources": ["gz3d"],
        "paths": {"gz3d_sums": "table.csv", "catalogue": "table.csv"},
    },
    {"network": {"size": 96, "encoder": "lite0"}, "train": {"start": "imagenet"}},
    {"network": {"size": 36, "multiples": [1, 2, 4], "dropout": [0, 0, 0]}},
]


@pytest.mark.parametrize("tree", SOUND, ids=str)
def test_what_fits_passes(tree):
    """Defaults agree, and so does every source with its files."""
    assert checked(Config, tree).chunks == 20


NO_KINDS = {"spiral": 0, "disk": 0, "smooth": 0, "edge_on": 0}
REFUSED = [
    (
        {"sources": ["gz3d"], "paths": {"gz3d": "folder"}},
        r"gz3d needs paths\.catalogue",
    ),
    (
        {"sources": ["gz3d"], "paths": {"catalogue": "table.csv"}},
        r"needs paths\.gz3d, or paths\.gz3d_sums to fetch; set one",
    ),
    ({"sources": ["galaxy_builder"]}, r"galaxy_builder needs paths\.drawings; set it"),
    ({"sources": ["pictures"]}, r"source pictures needs paths\.pictures; set it"),
    (
        {"sources": ["pictures"], "paths": {"pictures": ["folder"]}},
        "no drawings to learn from: name a model, or another source beside them",
    ),
    ({"evaluate": {"thresholds": [3, 20]}}, r"thresholds\.1: got 20, .*equal to 15"),
    ({"evaluate": {"thresholds": []}}, r"thresholds: got \[\], .*at least 1 item"),
    (
        {"simulate": {"population": {"kinds": NO_KINDS}}},
        "all kinds are 0: give one of them a weight",
    ),
    ({"sources": ["sdss"]}, r"sources\.0: got 'sdss', .*'pictures'"),
    ({"train": {"start": "imagenet"}}, "imagenet needs network.encoder lite0"),
    ({"network": {"size": 100}}, "size 100: expected a multiple of 8"),
    (
        {"network": {"size": 48, "encoder": "lite0"}},
        "size 48: expected a multiple of 32",
    ),
    ({"network": {"dropout": [0.0]}}, "dropout has 1, multiples 4 numbers"),
    ({"network": {"multiples": [1], "dropout": [0]}}, "multiples: .* at least 2 items"),
    ({"images": {"size": 31}}, "images.size: .*greater than or equal to 32"),
    ({"images": {"crop": 0}}, "images.crop: .*greater than 0.1"),
    ({"split": {"test": 0}}, "split.test: .*greater than 0"),
    ({"evaluate": {"thresholds": [3, 1]}}, "thresholds: .*more than the one before"),
    ({"marks": {"volunteers": "best"}}, "volunteers: .*'all', 'cleaned' or 'reliable'"),
    ({"predict": {"device": "gpu"}}, "predict.device: .*match pattern"),
    ({"predict": {"spaxel": 0}}, "predict.spaxel: .*greater than 0"),
    ({"predict": {"pixscale": True}}, "pixscale: got True, expected no true or false"),
    ({"retrieve": {"gz3d": "ftp://old"}}, "retrieve.gz3d: .*match pattern"),
    ({"paths": {"sheet": "no.csv"}}, r"no file .*no\.csv; set SKYLOOM_DATA"),
    ({"paths": {"gz3d": "table.csv"}}, r"no folder .*table\.csv; set SKYLOOM_DATA"),
    ({"paths": {"pictures": ["none"]}}, "no file or folder .*none; set SKYLOOM_DATA"),
    ({"compare": {"heads": ["both"]}}, r"heads\.0: got 'both', .*'segmentation'"),
    ({"simulate": {"image_size": 2000}}, "image_size: .*less than or equal to 1024"),
    ({"baseline": []}, r"baseline: unknown key \(did you mean baselines\?\)"),
]


@pytest.mark.parametrize(("tree", "said"), REFUSED, ids=[str(t) for t, _ in REFUSED])
def test_what_does_not_fit_is_refused(tree, said):
    """With its key, its value, and what was expected."""
    with pytest.raises(ConfigError, match=said):
        checked(Config, tree)


def test_all_problems_are_told_at_once():
    """One message, a line a problem."""
    bad = {"images": {"crop": 2}, "split": {"cell": 0}, "chunks": 0}
    with pytest.raises(ConfigError) as caught:
        checked(Config, bad)
    assert len(str(caught.value).splitlines()) == 4
