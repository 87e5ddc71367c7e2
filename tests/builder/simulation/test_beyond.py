"""Light of simulated galaxies beyond the model."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import render, sersic_image
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import Model, Sersic, SpiralArm
from skyloom.builder.simulation import beyond, files
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.simulation.galaxies import frame

DISK = Sersic(44.3, 45.1, 0.4, 0.7, 11.0, 1.0)
MODEL = Model(
    DISK,
    bulge=Sersic(44.1, 45.0, 0.2, 0.8, 2.0, 3.0, 1.5),
    spiral=(SpiralArm(0.5, 1.5, 6.0, 15.0, 0.0, 3.5),),
)
FRAME = frame(90)


def test_light_is_never_below_the_model():
    """Each kind is drawn some time; what dust and breaks take was there before."""
    shapes = render(MODEL, FRAME.wide)  # the frame's pixels, at another origin
    kinds = set()
    for seed in range(12):
        light = beyond.light_beyond(MODEL, FRAME, np.random.default_rng(seed))
        disk = DISK.I * sersic_image(DISK, FRAME, 1e-3)[0]
        changes = sum(light[kind] for kind in beyond.CHANCES if kind in light)
        assert (disk + changes >= 0).all()
        assert {image.shape for image in light.values()} == {shapes.shape}
        kinds |= set(light)
    assert kinds == {*beyond.CHANCES, "bends", "clumps", "nucleus"}


def test_bends_keep_an_arm_s_mean_pitch():
    """Radii change, angles do not; the slope of a line through ln r stays."""
    arm, rng = MODEL.spiral[0], np.random.default_rng(1)
    straight = log_spiral(DISK, arm)[0] - (DISK.mux, DISK.muy)
    s = np.linspace(0, 1, len(straight))
    for _ in range(5):
        bent = beyond._bent(DISK, arm, rng) - (DISK.mux, DISK.muy)
        ratio = np.log(np.hypot(*bent.T) / np.hypot(*straight.T))
        assert np.ptp(ratio) > 0
        assert np.polyfit(s, ratio, 1)[0] == pytest.approx(0, abs=1e-9)
        across = bent[:, 0] * straight[:, 1] - bent[:, 1] * straight[:, 0]
        assert across == pytest.approx(0, abs=1e-9)


def test_points_of_light_lie_where_they_should():
    """All light is kept, and so is its centre; outside of the frame there is none."""
    place = np.array([[20.3, 31.6]])
    image = beyond._points(place, np.array([2.0]), FRAME)
    y, x = np.indices(image.shape)
    assert image.sum() == pytest.approx(2)
    assert (image * x).sum() / 2 - FRAME.margin[1] == pytest.approx(20.3)
    assert (image * y).sum() / 2 - FRAME.margin[0] == pytest.approx(31.6)
    assert beyond._points(place + 500, np.array([2.0]), FRAME).sum() == 0


def test_half_light_is_the_disk_s_own_without_changes():
    assert beyond.half_light(DISK, {}, FRAME) == pytest.approx(DISK.Re, rel=0.01)


def test_half_light_of_a_cut_disk_is_smaller():
    """Cut at Re the disk keeps half its light, half of it within 0.572 Re."""
    radius = beyond._polar(DISK, FRAME)[0]
    image = DISK.I * sersic_image(DISK, FRAME, 1e-3)[0]
    cut = {"break": np.where(radius > 1, -image, 0.0)}
    outside = total_flux(DISK) - image.sum()  # of the frame, which no change reaches
    found = beyond.half_light(DISK, cut, FRAME)
    assert found == pytest.approx(0.572 * DISK.Re, rel=0.03 + outside / image.sum())


def test_the_share_of_galaxies_leaves_the_others_as_they_are(checkout):
    """Whoever has no such light has the same pixels, whatever the share."""
    crowd = read_crowd(checkout / "resources" / "builder_crowd.json")
    few = {"size": (60, 60), "n_volunteers": 1}
    none, all_ = (
        files.simulate_subject(5, 3, GalaxySettings(beyond=share, **few), crowd)
        for share in (0, 1)
    )
    assert none.beyond == {}
    assert none.half_light == none.truth.disk.Re
    assert all_.truth.disk.Re == none.truth.disk.Re
    assert set(all_.beyond) > {"lopsided", "mottled"}
    tree = files.truth_tree(all_)
    parts = {k: v for k, v in tree["flux"].items() if k != "total"}
    expected = sum(parts.values()) + sum(all_.beyond.values())
    assert tree["flux"]["total"] == pytest.approx(expected)
    # The frame misses little of what components and other light add up to.
    seen = all_.pixels.image[~all_.pixels.mask].sum()
    assert seen == pytest.approx(tree["flux"]["total"], rel=0.1)
