"""One model of a galaxy from its crowd and its image."""

import json

import pytest
import small_crowds as small
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.galaxy import crowd_of, galaxy_model, no_model
from skyloom.builder.fitting.tune import failed, tune
from skyloom.builder.model import Model, Sersic, from_dict, replace
from skyloom.io.errors import DatumError

DREW_DISK = {"disk": 28, "bulge": 0}


@pytest.fixture(scope="module")
def bar_image():
    return small.pixels(small.barred())


@pytest.fixture(scope="module")
def with_votes(bar_image):
    """Return the model of a barred galaxy whose bar 20 of 30 drew."""
    crowd = small.crowd(small.barred(), DREW_DISK | {"bar": 20})
    return small.modelled(crowd, bar_image)


@pytest.fixture(scope="module")
def without_votes(bar_image):
    """Return the model of the same image, whose bar nobody drew."""
    crowd = small.crowd(small.barred(), DREW_DISK | {"bar": 0}, seed=1)
    return small.modelled(crowd, bar_image)


@pytest.fixture(scope="module")
def spirals():
    """Return models of a two-armed and of a one-armed galaxy, one arm drawn."""
    both = small.two_armed()
    crowd = small.crowd(both, DREW_DISK, (12,))
    images = [small.pixels(replace(both, spiral=both.spiral[:n])) for n in (2, 1)]
    return [small.modelled(crowd, image) for image in images]


def test_crowd_and_image_make_the_bar(with_votes):
    """The chosen set has it, with its part of the light."""
    assert "bar" in with_votes["components"]
    assert with_votes["model"]["bar"] is not None
    assert with_votes["probability"]["bar"] > 0.5
    part, error = small.value(with_votes, "fraction.bar")
    assert abs(part - 0.15) < max(3 * error, 0.02)


def test_without_votes_a_bar_is_unlikely(with_votes, without_votes):
    """The same image with a crowd that drew none keeps a low probability."""
    assert "bar" not in without_votes["components"]
    assert without_votes["probability"]["bar"] < 0.3
    assert without_votes["probability"]["bar"] < with_votes["probability"]["bar"]


def test_two_crowds_differ_by_less_than_the_error(with_votes, without_votes):
    """What they disagree on is in the error of the disk."""
    one, other = (small.value(t, "disk.Re") for t in (with_votes, without_votes))
    assert abs(one[0] - other[0]) < max(one[1], other[1])


def test_a_second_arm_that_nobody_drew_is_found(spirals):
    """Half a turn from the first, with the image's pitch angle alone."""
    found = spirals[0]
    assert len(found["arms"]) == len(found["model"]["spiral"]) == 2
    assert sorted(arm["crowd"] is None for arm in found["arms"]) == [False, True]
    for arm in found["arms"]:
        assert abs(arm["pitch_angle"] - small.ARM.phi) < 3 * arm["pitch_angle_err"]


def test_a_second_arm_that_is_not_there_is_not_found(spirals):
    """The same crowd's other image has one."""
    assert len(spirals[1]["arms"]) == 1
    assert spirals[1]["arms"][0]["crowd"] == 0


def test_tree_is_plain_and_consistent(with_votes, without_votes, spirals):
    """Plain JSON without NaN; weights sum to 1; the chosen set is the heaviest."""
    for tree in (with_votes, without_votes, *spirals):
        assert json.loads(json.dumps(tree, allow_nan=False)) == tree
        weights = [one["weight"] for one in tree["sets"]]
        assert sum(weights) == pytest.approx(1.0)
        first = tree["sets"][0]
        assert first["weight"] == max(weights)
        assert first["components"] == tree["components"]
        assert first["n_arms"] == len(tree["model"]["spiral"])
        for kind in ("disk", "bulge", "bar"):
            drawn = tree["model"][kind] is not None
            assert drawn == (kind in tree["components"])
            assert drawn == (f"{kind}.Re" in tree["mean"]["names"])
        assert all(0 <= p <= 1 for p in tree["probability"].values())
        names = tree["mean"]["names"]
        assert len(set(names)) == len(names) == len(tree["mean"]["errors"])
        arms = {name.split(".")[1] for name in names if name.startswith("spiral.")}
        assert arms == {str(i) for i in range(len(tree["arms"]))}


def test_same_galaxy_same_bytes(with_votes, bar_image):
    """A model repeated is the same to the last bit."""
    crowd = small.crowd(small.barred(), DREW_DISK | {"bar": 20})
    again = small.modelled(crowd, bar_image)
    assert json.dumps(again) == json.dumps(with_votes)


def test_no_start_says_why_of_both(bar_image):
    """Neither reason hides the other."""
    crowd = small.crowd(small.barred(), DREW_DISK | {"bar": 0})
    starts = {"agg": failed("agreed on none"), "bi": failed("nobody drew")}
    with pytest.raises(DatumError, match=r"agreed on none.*nobody drew"):
        galaxy_model(crowd, starts, bar_image, TuneSettings())
    tree = no_model("agreed on none")
    assert (tree["status"], tree["model"], tree["mean"]) == ("failed", None, None)
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


def test_a_crowd_that_failed_has_no_votes(bar_image):
    """One start is enough: the best volunteer's, where too few drew to agree."""
    crowd = small.aggregate_subject(
        {"subject_id": 7, "shape": [*small.SHAPE], "volunteers": []}, small.AGGREGATE
    )
    model, _, votes = crowd_of(crowd)
    assert model == Model()
    assert all(0 < part < 1 for part in votes.values())
    fit = tune(small.barred(), None, bar_image, TuneSettings())
    starts = {"agg": failed("too few"), "bi": fit}
    tree = galaxy_model(crowd, starts, bar_image, TuneSettings())
    assert from_dict(tree["model"]).disk is not None
    assert tree["arms"] == []


def test_a_galaxy_whose_disk_has_no_light_has_none():
    """A lone bulge has one set, without a disk."""
    bulge = Model(bulge=Sersic(34.4, 32.7, 0.6, 0.9, 2.5, 0.5, n=2.0))
    image = small.pixels(bulge)
    crowd = small.crowd(small.barred(), DREW_DISK | {"bar": 0})
    fit = tune(bulge, None, image, TuneSettings())
    tree = galaxy_model(crowd, {"agg": fit}, image, TuneSettings())
    assert tree["model"]["disk"] is None
    assert "disk" not in tree["components"]
    assert [one["weight"] for one in tree["sets"]] == [1.0]
    assert "disk.Re" not in tree["mean"]["names"]
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree
