"""A simulated survey on disk: files as of real galaxies, and what is to be matched."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from skyloom.io.documents import read_json
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.cutouts.files import read_cutout
from skyloom.spirals.geometry import picture_stamp
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.questions import columns
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.simulation.files import write_galaxy
from skyloom.spirals.simulation.galaxy import measures
from skyloom.spirals.simulation.population import (
    base_catalogue,
    population,
    sami_targets,
)
from skyloom.spirals.simulation.shapes import draw
from true_masks import masks

SEED = 3
HOW = Simulate(galaxies=1500, image_size=96)
RECORD = {"code": "a", "config": "b", "inputs": {}, "versions": {"numpy": "2"}}


@pytest.fixture(scope="module")
def galaxies():
    return population(HOW, SEED)


def nearest(one, other):
    """Return the nearest row of the other table, and how far it is [arcsec]."""
    places = (SkyCoord(t["ra"], t["dec"], unit=u.deg) for t in (one, other))
    which, apart, _ = next(places).match_to_catalog_sky(next(places))
    return which, apart.arcsec


def written(row, folder):
    paths = {
        "gz3d": folder / f"{row['name']}.fits.gz",
        "cutout": folder / "cutout.fits",
        "truth": folder / "truth.json",
    }
    write_galaxy(row, paths, HOW, SEED, RECORD)
    return paths


@pytest.fixture(scope="module")
def barred_spiral(galaxies, tmp_path_factory):
    """Return a well-seen barred spiral, its row and files."""
    served = galaxies[galaxies["spiral_served"] & galaxies["bar_served"]]
    for row in served.to_dict("records"):
        galaxy = draw(HOW.population, SEED, row["name"])
        if galaxy.arms and galaxy.bar and min(a.contrast for a in galaxy.arms) > 1:
            return row, written(row, tmp_path_factory.mktemp("galaxy"))
    raise AssertionError


def test_files_are_read_as_real_ones(barred_spiral):
    row, paths = barred_spiral
    found = read_gz3d(paths["gz3d"], whole=True)
    assert found.name == row["name"]
    assert len(found.spiral.paths) == len(found.bar.paths) == 15
    assert found.image.shape == (525, 525, 3)
    assert len(found.tables["centres"]) == 1
    image = read_cutout(paths["cutout"])
    assert (image.bands, image.calibrated, image.flux.shape) == (
        "grz",
        True,
        (3, 96, 96),
    )
    stamp = image.whole(96)
    assert stamp.scale == pytest.approx(row["pixscale"] * 424 / 96)
    assert (stamp.ra, stamp.dec) == pytest.approx((row["ra"], row["dec"]), abs=1e-9)


def test_drawings_lie_on_the_truth(barred_spiral):
    row, paths = barred_spiral
    marks = read_gz3d(paths["gz3d"]).marks
    galaxy = draw(HOW.population, SEED, row["name"])
    stamp = picture_stamp(row["ra"], row["dec"], row["pixscale"], 200)
    for kind, mask in zip(("spiral", "bar"), masks(galaxy, stamp), strict=True):
        counts, asked = segmap(marks, kind, stamp)
        assert asked == 15
        assert counts[mask].mean() > 4 * counts[~mask].mean()
    # And on the light: a turned picture would not.
    bright = read_cutout(paths["cutout"]).flux[1]
    small, _ = segmap(marks, "bar", stamp.resized(96))
    assert bright[small > 5].mean() > 5 * np.median(bright[small == 0])


def test_the_truth_says_what_is_measured(barred_spiral):
    row, paths = barred_spiral
    truth, galaxy = read_json(paths["truth"]), draw(HOW.population, SEED, row["name"])
    assert truth["galaxy"] == json.loads(json.dumps(asdict(galaxy)))
    found = truth["measures"]
    assert found == measures(galaxy)
    assert 1 < found["bar"]["half_length"] < 30
    low, high = HOW.population.pitch_angle
    assert low - 5 < found["arms"]["pitch_angle"] < high + 5
    assert found["arms"]["winding"] in ("S", "Z")
    assert found["disk"]["axis_ratio"] == galaxy.axis_ratio


def test_same_bytes_each_time_whatever_comes_before(barred_spiral, tmp_path):
    row, paths = barred_spiral
    again = written(row, tmp_path)
    for key, path in paths.items():
        assert again[key].read_bytes() == path.read_bytes()


def test_a_galaxy_does_not_depend_on_how_many_there_are(galaxies):
    fewer = population(HOW.model_copy(update={"galaxies": 50}), SEED)
    shared = galaxies[galaxies["name"].isin(fewer["name"])].reset_index(drop=True)
    assert len(shared) == 50
    assert shared.equals(fewer)


def test_not_asked_is_not_blank(galaxies, tmp_path):
    rows = galaxies[galaxies["marked"] & ~galaxies["bar_served"]]
    row = rows[~rows["spiral_served"]].iloc[0].to_dict()
    marks = read_gz3d(written(row, tmp_path)["gz3d"]).marks
    assert marks.spiral is None
    assert marks.bar is None


def test_a_galaxy_with_votes_alone_has_no_gz3d_file(galaxies, tmp_path):
    row = galaxies[~galaxies["marked"]].iloc[0].to_dict()
    assert not written(row, tmp_path)["gz3d"].exists()
    assert read_json(tmp_path / "truth.json")["measures"].keys() == {
        "bar",
        "arms",
        "disk",
    }


def test_the_crossmatch_has_something_to_do(galaxies):
    base = base_catalogue(galaxies, SEED)
    assert not base["dr8_id"].duplicated().any()
    marked = galaxies[galaxies["marked"]]
    which, apart = nearest(marked, base)
    matched = apart < 3
    assert 0.9 < matched.mean() < 0.995
    assert 0.15 < np.median(apart[matched]) < 0.6
    own = base["dr8_id"].to_numpy()[which] == marked["dr8_id"].to_numpy()
    assert own[matched].mean() > 0.95
    twice = base["dr8_id"].iloc[which[matched]].duplicated(keep=False)
    assert twice.sum() >= 4
    assert len(base) > galaxies["dr8_id"].notna().sum() + 10
    unvoted = (base[columns()].to_numpy().sum(axis=1) == 0).mean()
    assert 0.05 < unvoted < 0.2


def test_galaxies_are_where_the_surveys_are(galaxies):
    ra, dec = galaxies["ra"], galaxies["dec"]
    assert ra.between(0, 360).all()
    assert dec.between(-11, 33).all()
    assert (ra < 20).any()
    assert (ra > 340).any()
    assert galaxies["name"].nunique() == 1500
    rest = galaxies[~galaxies["marked"]]
    assert rest["name"].equals(rest["dr8_id"])


def test_targets_of_sami_are_partly_ours(galaxies):
    targets = sami_targets(galaxies, SEED)
    assert not targets["name"].duplicated().any()
    _, apart = nearest(targets, galaxies)
    assert (apart < 3).mean() == pytest.approx(0.5, abs=0.02)
