"""What the network is compared with: mean map, disk, pyarcfire."""

import sys

import numpy as np
import pytest
from scipy import ndimage
from skyloom.spirals.baselines.arcfire import find_arcs
from skyloom.spirals.baselines.disk_ellipse import (
    DiskEllipse,
    Ring,
    fit_disk_ellipse,
)
from skyloom.spirals.baselines.mean_mask import fit_mean_mask
from skyloom.spirals.evaluation.overlap import soft_iou
from skyloom.spirals.measure.ellipse import Ellipse

SIZE = 64


def ellipse(angle, ratio=0.5, radius=24.0):
    return Ellipse((SIZE - 1) / 2, (SIZE - 1) / 2, radius, ratio, angle)


@pytest.fixture
def galaxies():
    """Return maps (n, 2, H, W) along disks (arms) and of one direction (bars)."""
    rng = np.random.default_rng(0)
    disks = [ellipse(angle) for angle in rng.uniform(0, 180, 30)]
    bar = ellipse(70.0, 0.3, 10.0).polar((SIZE, SIZE))[0] < 10
    maps = [
        np.stack([0.6 * (d.polar((SIZE, SIZE))[0] < d.radius), 0.8 * bar])
        for d in disks
    ]
    return np.array(maps, np.float32), np.full((30, 2), 15), disks


def test_the_mean_is_turned_where_maps_lie_along_their_disks(galaxies):
    maps, asked, disks = galaxies
    found = fit_mean_mask(maps, asked, disks)
    assert found.turned == (True, False)
    np.testing.assert_allclose(found.shares[1], maps[0, 1], atol=1e-6)
    other = ellipse(123.0)
    truth = 0.6 * (other.polar((SIZE, SIZE))[0] < other.radius)
    assert soft_iou(found.maps(other)[0], truth) > 0.9
    assert soft_iou(found.maps(ellipse(33.0))[0], truth) < 0.6


def test_who_was_not_asked_does_not_count(galaxies):
    maps, asked, disks = galaxies
    maps, asked = maps.copy(), asked.copy()
    maps[5:, 1], asked[5:, 1] = 0.0, 0
    found = fit_mean_mask(maps, asked, disks)
    assert found.shares[1].max() == pytest.approx(0.8)
    with pytest.raises(ValueError, match="kind 1"):
        fit_mean_mask(maps, asked * [1, 0], disks)
    assert found.maps(None).shape == (2, SIZE, SIZE)


def test_the_rings_are_those_that_were_drawn():
    disks = [ellipse(a, q) for a, q in ((10, 0.4), (80, 0.7), (150, 0.9))]
    truth = DiskEllipse((Ring(0.4, 1.1, 0.35), Ring(0.0, 0.3, 0.7)))
    maps = np.stack([truth.maps(disk, (SIZE, SIZE)) for disk in disks])
    found = fit_disk_ellipse(maps, np.full((3, 2), 15), disks)
    for one, other in zip(found.rings, truth.rings, strict=True):
        assert one.inner == pytest.approx(other.inner, abs=1e-9)
        assert one.outer == pytest.approx(other.outer, abs=1e-9)
        assert one.share == pytest.approx(other.share, abs=1e-9)


def test_no_other_ring_overlaps_better():
    rng = np.random.default_rng(1)
    disks = [ellipse(a, 0.6) for a in (20, 110)]
    noise = ndimage.gaussian_filter(rng.uniform(size=(2, 2, SIZE, SIZE)), (0, 0, 3, 3))
    maps = np.clip(3 * noise - 1.2, 0, 1)
    asked = np.full((2, 2), 15)

    def score(model):
        made = np.stack([model.maps(disk, (SIZE, SIZE)) for disk in disks])
        return soft_iou(made, maps).mean(axis=0)[0]

    best = fit_disk_ellipse(maps, asked, disks)
    for inner, outer, share in rng.uniform(0, 1, (60, 3)) * [1, 2, 1]:
        tried = DiskEllipse((Ring(inner, outer, share), best.rings[1]))
        assert score(tried) <= score(best) + 0.02


def test_without_disks_there_are_no_rings():
    maps = np.ones((2, 2, SIZE, SIZE))
    with pytest.raises(ValueError, match="no training galaxy"):
        fit_disk_ellipse(maps, np.full((2, 2), 15), [None, None])
    model = DiskEllipse((Ring(0, 1, 0.5), Ring(0, 0.3, 0.5)))
    assert not model.maps(None, (8, 8)).any()


def test_pyarcfire_finds_a_spiral_the_right_way_round():
    pytest.importorskip("pyarcfire")
    disk = ellipse(0.0, 1.0, 52.0)
    disk = Ellipse(63.5, 63.5, disk.radius, 1.0, 0.0)
    radius, phase = disk.polar((128, 128))
    turn = phase - np.log(np.maximum(radius, 1) / 50) / np.tan(np.radians(20))
    arm = np.exp(-0.5 * (np.sin(turn) / 0.35) ** 2)
    light = np.exp(-radius / 16) * (1 + 1.5 * arm * (radius > 12))
    grey = np.arcsinh(20 * light) / np.arcsinh(20)
    picture = (255 * np.clip(grey, 0, 1))[..., None].repeat(3, axis=2)
    found = find_arcs(picture.astype(np.uint8), 96)
    small = ndimage.zoom(arm, 0.75, order=1)
    assert small[found].mean() > 1.5 * small[::-1][found].mean()


def test_a_missing_pyarcfire_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarcfire", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pyarcfire"):
        find_arcs(np.zeros((64, 64, 3), np.uint8), 64)
