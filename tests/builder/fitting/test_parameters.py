"""The vector of a fit: names, priors, limits, and models that look the same."""

import numpy as np
import pytest
from skyloom.builder.fitting.parameters import (
    bounds_of,
    crowd_scatter,
    named_values,
    parametrise,
    prior_of,
    share_centre,
)
from skyloom.builder.fitting.spirals import reframed
from skyloom.builder.model import DrawnArm, Sersic, replace
from synthetic import SCATTER, TRUTH

SHAPES = ("disk.q", "disk.Re", "bulge.q", "bulge.Re", "bulge.n", "spiral.0.spread")


def test_vector_round_trip():
    """The start's vector gives back the start, bulge and bar on one centre."""
    par = parametrise(TRUTH)
    back = named_values(par.model(par.begin()))
    assert back == pytest.approx(named_values(TRUTH))


def test_free_parameters():
    """Shapes, places, rolls and the arms' geometry; of drawn arms the spread alone."""
    places = {"disk.mux", "disk.muy", "centre.mux", "centre.muy"}
    places |= {"disk.roll", "bulge.roll"}
    arms = {f"spiral.0.{key}" for key in ("A", "phi", "t_min", "t_max")}
    assert set(parametrise(TRUTH).names) == {*SHAPES, *places, *arms}
    drawn = replace(TRUTH, spiral=(DrawnArm(np.zeros((2, 2)), 1.0, 2.0),))
    assert set(parametrise(drawn).names) == {*SHAPES, *places}


def test_prior_follows_the_disk():
    """An arm that stays on the sky while its disk moves costs nothing."""
    par = parametrise(TRUTH)
    mean, root = prior_of(par, SCATTER, {})
    disk = replace(TRUTH.disk, mux=31.6, muy=29.2, roll=0.65, q=0.61)
    moved = replace(TRUTH, disk=disk)
    still = replace(moved, spiral=(reframed(TRUTH.spiral[0], TRUTH.disk, disk),))
    rows = [i for i, name in enumerate(par.names) if name.startswith("spiral")]
    cost = [
        np.linalg.norm((root @ (parametrise(model).begin() - mean))[rows])
        for model in (still, moved)
    ]
    assert cost[0] < 0.1 * cost[1]


def test_pivot():
    """At the crowd's pivot the radius is known, whatever the pitch angle."""
    errors = {"spiral": [{"A": 0.3, "phi": 2.0, "pivot": 2.0}]}
    par = parametrise(TRUTH)
    mean, root = prior_of(par, errors, {})
    arm = TRUTH.spiral[0]
    steeper = replace(arm, phi=arm.phi + 0.1)
    tilt = np.tan(np.radians(steeper.phi)) - np.tan(np.radians(arm.phi))
    steeper = replace(steeper, A=arm.A * np.exp(-2.0 * tilt))
    vector = parametrise(replace(TRUTH, spiral=(steeper,))).begin()
    pull = dict(zip(par.names, root @ (vector - mean), strict=True))
    assert abs(pull["spiral.0.A"]) < 1e-3
    assert pull["spiral.0.phi"] == pytest.approx(0.05)


def test_priors():
    """Scatter becomes a relative width for logarithms; silence is no prior."""
    par = parametrise(TRUTH)
    mean, root = prior_of(par, SCATTER, {"bulge.n": (1.5, 0.6, None)})
    with np.errstate(divide="ignore"):
        width = 1 / np.diag(root)
    prior = dict(zip(par.names, zip(mean, width, strict=True), strict=True))
    assert prior["disk.Re"] == pytest.approx((np.log(12.0), 2.0 / 12.0))
    assert prior["disk.mux"] == pytest.approx((31.3, 1.0))
    assert prior["bulge.n"] == pytest.approx((np.log(1.5), 0.6))
    assert prior["spiral.0.phi"] == pytest.approx((18.0, 2.0))
    assert prior["spiral.0.spread"][1] == np.inf
    assert prior["centre.mux"][1] == pytest.approx(np.hypot(1.0, 0.5))


def test_no_crowd_no_priors():
    """Without errors only the population speaks."""
    _, root = prior_of(parametrise(TRUTH), None, {})
    assert not root.any()
    assert crowd_scatter({}, "centre.mux") is None


def test_bounds():
    """Limits are logarithms where the vector is, and relative to the disk's Re."""
    par = parametrise(TRUTH)
    limits = {"bulge.Re": (0.1, 1.0), "disk.q": (0.2, 1.2)}
    lower, upper = bounds_of(par, limits)
    i, j = par.names.index("bulge.Re"), par.names.index("disk.q")
    assert np.exp([lower[i], upper[i]]) == pytest.approx([1.2, 12.0])
    assert np.exp([lower[j], upper[j]]) == pytest.approx([0.2, 1.2])
    assert np.isinf(np.delete(lower, [i, j])).all()


def test_bounds_without_a_disk():
    """Limits in units of the disk's Re are then those of any disk; 0 is no limit."""
    par = parametrise(replace(TRUTH, disk=None, spiral=()))
    limits = {"bulge.Re": (0.1, 1.0), "disk.Re": (1.0, 500.0), "bulge.q": (0.0, 1.0)}
    lower, upper = bounds_of(par, limits)
    i, j = par.names.index("bulge.Re"), par.names.index("bulge.q")
    assert np.exp([lower[i], upper[i]]) == pytest.approx([0.1, 500.0])
    assert lower[j] == -np.inf
    lower, upper = bounds_of(par, {"bulge.Re": (0.1, 1.0)})
    assert (lower[i], upper[i]) == (-np.inf, np.inf)


@pytest.mark.parametrize(("scatter", "width"), [(5e-4, 1e-3), (2e-3, 2e-3)])
def test_a_prior_is_never_narrower_than_a_thousandth(scatter, width):
    """Just below the floor it is the floor, above it the scatter itself."""
    par = parametrise(TRUTH)
    _, root = prior_of(par, {"disk": {"roll": scatter}}, {})
    i = par.names.index("disk.roll")
    assert 1 / root[i, i] == pytest.approx(width)


def test_the_prior_of_the_shared_centre_adds_every_known_part():
    """Disk 3 and bulge 4 give 5; the disk alone 3."""
    errors = {"disk": {"mux": 3.0}, "bulge": {"mux": 4.0}, "bar": None}
    assert crowd_scatter(errors, "centre.mux") == pytest.approx(5.0)
    assert crowd_scatter({"disk": {"mux": 3.0}}, "centre.mux") == pytest.approx(3.0)
    assert crowd_scatter(errors, "disk.mux") == 3.0


def test_bulge_and_bar_share_the_mean_of_their_centres():
    """The disk keeps its own."""
    bar = Sersic(33.1, 31.9, 0.1, 0.3, 4.0, 1.0)
    model = share_centre(replace(TRUTH, bar=bar))
    for part in (model.bulge, model.bar):
        assert (part.mux, part.muy) == pytest.approx((32.1, 30.9))
    assert model.disk == TRUTH.disk
    assert share_centre(replace(TRUTH, bulge=None)) == replace(TRUTH, bulge=None)
