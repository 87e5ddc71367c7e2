"""Galaxies of the simulated survey and the truth about them."""

from dataclasses import replace

import numpy as np
import pytest
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.geometry import Stamp
from skyloom.spirals.simulation.galaxy import (
    Arm,
    Bar,
    azimuth,
    bar_truth,
    ridge,
)
from skyloom.spirals.simulation.growth import picture_scale
from skyloom.spirals.simulation.shapes import draw, pixscale
from true_masks import masks

HOW = Simulate().population
MANY = [draw(HOW, 5, f"1-{i}") for i in range(300)]


def face_on(**changes):
    spiral = next(one for one in MANY if one.kind == "spiral")
    return replace(spiral, axis_ratio=1.0, angle=0.0, **changes)


def bar(**changes):
    made = Bar(6.0, 0.3, 0.0, 2.0, 2.0, 0.2, 0.5)
    return replace(made, **changes)


def arm(**changes):
    return replace(Arm(0.3, 20.0, 3.0, 15.0, 0.8, 1.0, (0.0, 4.0, 0.0)), **changes)


def test_all_kinds_are_drawn_as_often_as_settings_say():
    kinds = [one.kind for one in MANY]
    for kind, share in HOW.kinds:
        if kind != "barred":
            assert kinds.count(kind) / 300 == pytest.approx(share, abs=0.1)
    spirals = [one for one in MANY if one.kind == "spiral"]
    assert 0.3 < np.mean([one.bar is not None for one in spirals]) < 0.6
    assert np.median([len(one.arms) for one in spirals]) == 2


def test_a_galaxy_depends_on_seed_and_key_alone():
    assert draw(HOW, 5, "1-7") == MANY[7]
    assert draw(HOW, 6, "1-7") != MANY[7]


def test_the_light_has_one_sum():
    for one in MANY:
        whole = one.disk + one.bulge + (one.bar.share if one.bar else 0)
        assert whole == pytest.approx(1)


@pytest.mark.parametrize("angle", [0.0, 35.0, 120.0, 179.0])
def test_a_bar_along_the_major_axis_has_its_position_angle(angle):
    one = replace(face_on(bar=bar()), angle=angle, axis_ratio=0.6)
    truth = bar_truth(one)
    off = (truth["angle"] - angle + 90) % 180 - 90
    assert off == pytest.approx(0, abs=1e-6)
    assert truth["half_length"] == pytest.approx(6.0)
    assert truth["ellipticity"] == pytest.approx(1 - 0.3 * 0.6, abs=1e-3)


def test_a_bar_across_is_shortened_by_the_inclination():
    one = replace(face_on(bar=bar(angle=np.pi / 2)), axis_ratio=0.5)
    assert bar_truth(one)["half_length"] == pytest.approx(3.0)


def test_north_is_up_and_east_is_left():
    x, y = replace(face_on(), angle=90.0).sky(1.0, 0.0)
    assert (x, y) == (pytest.approx(-1), pytest.approx(0, abs=1e-12))


def test_the_ridge_has_the_pitch_angle():
    one = face_on(arms=(arm(),), sense=1)
    x, y = ridge(one, one.arms[0])
    u, v = one.plane(x, y)
    slope = np.gradient(np.log(np.hypot(u, v)), np.unwrap(np.arctan2(v, u)))
    assert np.degrees(np.arctan(slope)) == pytest.approx(20.0, abs=0.05)


def test_z_winds_counter_clockwise_outwards():
    one = face_on(arms=(arm(),), sense=1)
    assert one.winding == "Z"
    assert azimuth(one, one.arms[0], 9.0) > azimuth(one, one.arms[0], 5.0)
    assert replace(one, sense=-1).winding == "S"


def test_masks_hold_the_ridge_and_the_bar():
    one = replace(face_on(arms=(arm(),), bar=bar()), axis_ratio=0.7, angle=30.0)
    stamp = Stamp(10.0, 5.0, 0.25, 161)
    spiral, inside = masks(one, stamp)
    x, y = ridge(one, one.arms[0])
    columns, rows = (np.rint(a / 0.25 + 80).astype(int)[5:-5] for a in (x, y))
    assert spiral[rows, columns].all()
    assert 0 < spiral.mean() < 0.2
    area = np.pi * 6.0 * 1.8 * 0.7
    assert inside.sum() * 0.25**2 == pytest.approx(area, rel=0.02)


def test_pixel_scale_of_an_exponential_disk():
    # Half the light within 1.678, 90 % within 3.890 scale lengths, but for the wings
    # beyond two Petrosian radii.
    scale = picture_scale(1.0, 5.0, 1.0, 1.0)
    assert scale == pytest.approx(0.04 * 1.678 * 5.0, rel=0.02)
    assert picture_scale(1.0, 0.5, 1.0, 1.0) == 0.1
    assert picture_scale(0.0, 1.0, 8.4, 1.0) == pytest.approx(scale, rel=0.02)


def test_galaxies_fill_a_fair_part_of_their_pictures():
    spirals = [one for one in MANY if one.kind == "spiral"]
    share = [
        2 * np.mean([a.end for a in one.arms]) / (424 * pixscale(one))
        for one in spirals
    ]
    # Longest side of the boxes of real arms: 60, 110, 215 of 424 px (5, 50, 95 %).
    assert np.percentile(share, [5, 50, 95]) == pytest.approx(
        [60 / 424, 110 / 424, 215 / 424], rel=0.5
    )
