"""The best brightness: against enumeration, against general solvers, with many arms."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, lsq_linear, minimize, nnls
from skyloom.builder.fitting.brightness import LightCone

ARMS = 10.0


def cone(n_arms, brightest=ARMS, others=("disk", "bulge")):
    return LightCone((*others, *(f"spiral.{i}" for i in range(n_arms))), brightest)


def rays_of(light):
    """Return every extreme ray, 2^n_arms with a disk."""
    unit = np.eye(len(light.terms))
    disk = light.terms.index("disk")
    rays = [u for i, u in enumerate(unit) if i != disk and not light.arms[i]]
    for sides in itertools.product(
        (0.0, light.brightest), repeat=int(light.arms.sum())
    ):
        ray = unit[disk].copy()
        ray[light.arms] = sides
        rays.append(ray)
    return np.stack(rays, axis=1)


def enumerated(light, design, data):
    """Return the best brightness over all rays at once."""
    rays = rays_of(light)
    columns = design @ rays
    norm = np.linalg.norm(columns, axis=0)
    return rays @ (nnls(columns / norm, data)[0] / norm)


def galaxy(seed, n_arms, n_pix=300):
    """Return smooth overlapping images and data that pull arms to every side."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-1, 1, n_pix)
    disk, bulge = np.exp(-np.abs(x) * 3), np.exp(-((x / 0.1) ** 2))
    where = rng.uniform(-0.9, 0.9, n_arms)
    arms = disk[:, None] * np.exp(-(((x[:, None] - where) / 0.05) ** 2) / 2)
    design = np.column_stack([disk, bulge, arms])
    light = np.concatenate([[1.0, 3.0], rng.uniform(-4, 16, n_arms)])
    return design, design @ light + 0.05 * rng.standard_normal(n_pix)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_arms=st.integers(0, 6),
    brightest=st.sampled_from([ARMS, 1.0, 3.0]),
)
def test_same_as_all_rays_at_once(seed, n_arms, brightest):
    """For few arms the brightness is that of the full enumeration."""
    design, data = galaxy(seed, n_arms)
    light = cone(n_arms, brightest)
    expected = enumerated(light, design, data)
    found = light.best(design, data)
    np.testing.assert_allclose(found, expected, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("n_arms", [19, 25, 60])
def test_many_arms(n_arms):
    """With any number of arms the optimum meets the conditions of Kuhn and Tucker."""
    design, data = galaxy(1, n_arms, n_pix=2000)
    light = cone(n_arms)
    found = light.best(design, data)
    disk, arms = found[0], found[2:]
    assert disk > 0
    assert (arms >= 0).all()
    assert (arms <= 10 * disk * (1 + 1e-9)).all()
    sides = light.sides(found)
    assert {"lower", "upper", None} <= set(sides)
    slope = design.T @ (data - design @ found)
    small = 1e-8 * np.linalg.norm(data) * np.linalg.norm(design, axis=0)
    for i, side in list(enumerate(sides))[2:]:
        assert slope[i] > -small[i] or side == "lower"
        assert slope[i] < small[i] or side == "upper"
    together = light.directions(found)
    np.testing.assert_allclose(slope @ together, 0, atol=20 * small.max())


def test_agrees_with_a_general_solver():
    """A quadratic program solved by scipy's SLSQP has no better brightness."""
    design, data = galaxy(5, 8)
    light = cone(8)
    found = light.best(design, data)
    room = np.zeros((8, 10))
    room[:, 0], room[:, 2:] = 10, -np.eye(8)
    general = minimize(
        lambda a: 0.5 * np.sum((design @ a - data) ** 2),
        np.ones(10),
        jac=lambda a: design.T @ (design @ a - data),
        bounds=[(0, None)] * 10,
        constraints=LinearConstraint(room, 0, np.inf),
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    misfit = 0.5 * np.sum((design @ found - data) ** 2)
    assert misfit <= general.fun * (1 + 1e-9)
    np.testing.assert_allclose(found, general.x, atol=1e-3)


def test_the_same_arm_many_times():
    """Thirty copies of one arm share its light; the fit is that of one arm."""
    design, data = galaxy(2, 1)
    one = design @ cone(1).best(design, data)
    copies = np.column_stack([design, *[design[:, 2]] * 29])
    found = cone(30).best(copies, data)
    assert np.sum((copies @ found - data) ** 2) <= np.sum((one - data) ** 2) + 1e-9
    assert (found >= 0).all()


def test_without_a_disk_plain_non_negative_least_squares():
    """Non-negative brightness agrees with scipy's bounded least squares."""
    rng = np.random.default_rng(2)
    design = rng.random((200, 2))
    data = design @ [1.0, -0.5] + 0.1 * rng.standard_normal(200)
    light = LightCone(("bulge", "bar"), ARMS)
    found = light.best(design, data)
    truth = lsq_linear(design, data, (0, np.inf)).x
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert found[1] == 0
    assert light.sides(found) == [None, "lower"]


def test_arms_need_their_disk():
    """An arm is at most so much brighter than its disk, however the data pull."""
    design = np.random.default_rng(3).random((100, 3))
    light = cone(1, 5.0)
    found = light.best(design, design[:, 2])
    assert found[2] == pytest.approx(5.0 * found[0])
    assert found[2] > 0
    assert light.sides(found)[2] == "upper"


def test_dark_disk_has_dark_arms():
    """Where only noise below zero is seen, all is dark and nothing may move."""
    design, data = galaxy(4, 3)
    light = cone(3)
    found = light.best(design, -np.abs(data))
    assert not found.any()
    assert light.sides(found) == ["lower"] * 5
    assert light.directions(found).shape == (5, 0)


def test_directions_keep_arms_on_their_limits():
    """An arm at its brightest moves with the disk, a free arm by itself."""
    moves = cone(3).directions(np.array([2.0, 0.0, 20.0, 0.0, 7.0]))
    expected = np.array([[1, 0, 10, 0, 0], [0, 0, 0, 0, 1]]).T
    np.testing.assert_array_equal(moves, expected)


@pytest.mark.parametrize(
    ("arm", "side"),
    [
        (20.0 * (1 - 2e-6), None), (20.0 * (1 - 5e-7), "upper"),
        (1e-9, None), (0.0, "lower"),
    ],
)  # fmt: skip
def test_an_arm_a_millionth_from_its_limit_is_on_it(arm, side):
    """The limit is in units of the disk's brightness, here 2; below it is 0."""
    assert cone(1).sides(np.array([2.0, 3.0, arm])) == [None, None, side]
