"""Panels on the arms of a galaxy."""

import dataclasses

import invented_galaxy
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from skyloom.builder.model import from_dict
from skyloom.builder.products import arm_panels, colours, outlines

GREEN, PURPLE = colours.ARM_COLOURS[:2]
CROWD = invented_galaxy.aggregate()
MODEL = invented_galaxy.MODEL


def known(crowd, pitch=25.0, **changes):
    told = {"crowd": crowd, "pitch_angle": pitch, "pitch_angle_err": 2.0, "flags": []}
    told["chirality"] = 1
    return told | {"pitch_angle_crowd": None, "pitch_angle_fit": 18.0} | changes


def drawn(arms):
    axes = Figure().subplots()
    models = [from_dict(v["model"]) for v in invented_galaxy.volunteers()["volunteers"]]
    arm_panels.drawn_arms(axes, models, MODEL, CROWD["arms"], MODEL, arms)
    return axes


def pitch(arms, fit=MODEL):
    axes = Figure().subplots()
    arm_panels.pitch_angles(axes, MODEL, CROWD["arms"], fit, arms)
    return axes


def rgb(colour):
    return pytest.approx(mpl.colors.to_rgb(colour))


def test_an_arm_of_crowd_and_fit_has_one_colour():
    """Whatever their order; what only one of them has, has a colour of its own."""
    fitted, crowd = arm_panels.colours([known(1), known(None)], 3)
    assert crowd[1] == fitted[0]
    assert len({*fitted, *crowd}) == 4


def test_strokes_take_the_colour_of_their_arm_and_scribbles_are_pale():
    """Stroke (0, 0) is of the crowd's arm 0, the fit's second; (0, 1) of none."""
    crowd = [CROWD["arms"][0], CROWD["arms"][1] | {"lines": []}]
    axes = Figure().subplots()
    models = [from_dict(v["model"]) for v in invented_galaxy.volunteers()["volunteers"]]
    arms = [known(1), known(0)]
    arm_panels.drawn_arms(axes, models, MODEL, crowd, MODEL, arms)
    pale, mine = axes.collections
    assert len(pale.get_segments()) == len(mine.get_segments()) == 1
    assert pale.get_colors()[0, :3] == rgb(colours.PALE)
    assert mine.get_colors()[0, :3] == rgb(PURPLE)
    assert pale.get_linewidths()[0] < mine.get_linewidths()[0]


def test_crowd_is_dashed_and_fit_solid_in_one_frame():
    """Both lie on the image, each in the plane of its own disk."""
    axes = Figure().subplots()
    disk = dataclasses.replace(MODEL.disk, mux=60.0)
    fit = dataclasses.replace(MODEL, disk=disk)
    arms = [known(0), known(1)]
    arm_panels.drawn_arms(axes, [], MODEL, CROWD["arms"], fit, arms)
    lines = axes.lines
    assert [line.get_linestyle() for line in lines] == ["--", "--", "-", "-"]
    for line, plane, arm in zip(
        lines, [MODEL.disk] * 2 + [disk] * 2, MODEL.spiral * 2, strict=True
    ):
        assert line.get_xydata() == pytest.approx(outlines.arm_line(plane, arm))


def test_the_pitch_panel_shows_what_the_catalogue_says():
    """Slope of the line and words are the one estimate's, both single ones follow."""
    axes = pitch([known(0, pitch_angle_crowd=21.04), known(1, flags=["off_arm"])])
    for line, arm in zip(axes.lines[-2:], MODEL.spiral, strict=True):
        theta, r = np.radians(line.get_xdata()), line.get_ydata()
        slope = np.polyfit(theta, np.log(r), 1)[0]
        assert np.degrees(np.arctan(slope)) == pytest.approx(np.copysign(25, arm.phi))
        middle = (arm.t_min + arm.t_max) / 2
        seen = np.exp(np.interp(middle, theta, np.log(r)))
        assert seen == pytest.approx(
            arm.A * np.exp(middle * np.tan(np.radians(arm.phi)))
        )
    words = [t.get_text() for t in axes.get_legend().get_texts()]
    assert words == [
        r"25.0° $\pm$ 2.0°  (crowd 21.0°, fit 18.0°)",
        r"25.0° $\pm$ 2.0°  (fit 18.0°; off arm)",
    ]


@pytest.mark.parametrize("turn", [0.0, 0.4, 3.0])
def test_the_crowd_s_points_are_seen_in_the_fitted_plane(turn):
    """Of the same arm, however the disk rolls, they lie on the fitted line."""
    disk = dataclasses.replace(MODEL.disk, q=0.999)
    crowd = dataclasses.replace(MODEL, disk=disk)
    plane = dataclasses.replace(disk, roll=(disk.roll + turn) % np.pi)
    arm = MODEL.spiral[0]
    shift = disk.roll - plane.roll
    turned = dataclasses.replace(
        arm, A=arm.A * np.exp(-shift * np.tan(np.radians(arm.phi))),
        t_min=arm.t_min + shift, t_max=arm.t_max + shift,
    )  # fmt: skip
    points = CROWD["arms"][0]["points"]
    r, theta = arm_panels._crowd_points(points, crowd.disk, plane, turned)
    line = turned.A * np.exp(np.radians(theta) * np.tan(np.radians(arm.phi)))
    assert r == pytest.approx(line, rel=5e-3)


def test_an_error_beyond_the_plane_s_ends_is_drawn():
    """A pitch angle of nearly nothing, or of nearly 90 deg, has its band too."""
    axes = pitch([known(0, pitch=1.0), known(1, pitch=88.5)])
    for band in axes.collections:
        assert np.isfinite(band.get_paths()[0].vertices).all()


def test_a_galaxy_without_arms():
    """The panel says so, and nothing else."""
    axes = Figure().subplots()
    arm_panels.pitch_angles(axes, MODEL, [], dataclasses.replace(MODEL, spiral=()), [])
    assert axes.get_title() == "no arms"
    assert not axes.lines
