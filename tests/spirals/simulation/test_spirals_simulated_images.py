"""Images of simulated galaxies, beside GalSim's."""

from dataclasses import replace

import galsim
import numpy as np
import pytest
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.geometry import Canvas, Stamp
from skyloom.spirals.simulation.render import (
    DEPTH,
    LEVEL,
    MOFFAT,
    NATIVE,
    cutout,
    light,
    scene,
    sdss_picture,
    sky_noise,
    smoothed,
)
from skyloom.spirals.simulation.shapes import draw
from true_masks import masks

HOW = Simulate().population
SEEING = (1.3, 1.2, 1.15)


def plain(kind="disk", **changes):
    """Return a galaxy without anything that GalSim has no profile for."""
    drawn = (draw(HOW, 3, f"1-{i}") for i in range(1000))
    one = next(g for g in drawn if g.kind == kind)
    bare = {"bar": None, "ring": None, "arms": (), "companions": (), "texture": 0.0}
    return replace(one, dust=0.0, seeing=SEEING, **(bare | changes))


def ours(galaxy, n=200):
    at = (np.arange(n) - (n - 1) / 2) * NATIVE
    r = np.random.default_rng(1)
    x, y = at.astype(np.float32)[None, :], at.astype(np.float32)[:, None]
    return smoothed(light(galaxy, x, y, NATIVE, r), galaxy.seeing, NATIVE)[1]


def galsims(galaxy, n=200):
    flux = 10 ** (0.4 * (22.5 - galaxy.magnitude))
    turn = (90 + galaxy.angle) * galsim.degrees  # x to the west: mirrored
    bulge = galsim.Sersic(galaxy.bulge_index, half_light_radius=galaxy.bulge_radius)
    bulge = bulge.transform(1, 0, 0, galaxy.bulge_ratio) / galaxy.bulge_ratio
    parts = [galaxy.bulge * bulge.rotate(turn)]
    if galaxy.disk:
        disk = galsim.Exponential(scale_radius=galaxy.length)
        disk = disk.transform(1, 0, 0, galaxy.axis_ratio) / galaxy.axis_ratio
        parts.append(galaxy.disk * disk.rotate(turn))
    psf = galsim.Moffat(MOFFAT, fwhm=galaxy.seeing[1], trunc=20 * NATIVE)
    whole = galsim.Convolve(flux * galsim.Add(parts), psf)
    return whole.drawImage(nx=n, ny=n, scale=NATIVE).array


def test_a_wide_field_is_as_bright_as_a_small_one():
    """Where its pixels are larger than the camera's, they are still of its unit."""
    galaxy, field = plain(), 60.0
    small, wide = (scene(galaxy, size, 1) for size in (field, 2.2 * 512 * NATIVE))
    assert small.scale == NATIVE
    assert wide.scale > 2 * NATIVE
    light_of = [cutout(one.clean, one, field, 100)[1].sum() for one in (small, wide)]
    assert light_of[1] == pytest.approx(light_of[0], rel=0.03)


@pytest.mark.parametrize(
    "galaxy",
    [
        plain(),
        plain(bulge=0.3, disk=0.7, bulge_index=3.5, angle=25.0),
        plain("smooth", bulge_index=4.0, bulge_radius=4.0),
        plain("smooth", bulge_index=1.0, bulge_ratio=0.5),
    ],
    ids=["disk", "bulge", "de Vaucouleurs", "exponential"],
)
def test_smooth_parts_are_those_of_galsim(galaxy):
    own, theirs = ours(galaxy), galsims(galaxy)
    assert np.abs(own - theirs).max() < 0.01 * theirs.max()
    assert own[50:150, 50:150].sum() == pytest.approx(
        theirs[50:150, 50:150].sum(), rel=0.01
    )


def test_a_picture_has_its_galaxy_in_the_middle():
    galaxy = plain(bulge=1.0, disk=0.0)
    drawn = scene(galaxy, 60.0, 1)
    found = cutout(drawn.clean, drawn, 60.0, 121)[1]
    part = found[40:81, 40:81]
    y, x = np.indices(part.shape)
    for axis in (x, y):
        assert np.average(axis, weights=part) == pytest.approx(20, abs=0.1)


def test_noise_is_that_of_the_depth():
    galaxy = plain(magnitude=30.0)
    levels = []
    for i in range(40):
        drawn = scene(replace(galaxy, key=f"1-{i}"), 30.0, 1)
        levels.append((drawn.noisy - drawn.clean).std((1, 2)))
    expected = [sky_noise(d, s, NATIVE) for d, s in zip(DEPTH, SEEING, strict=True)]
    own = 10 ** np.mean(np.log10(levels), axis=0)
    assert own == pytest.approx(10 ** LEVEL[0] * np.array(expected), rel=0.1)
    # A source at the depth is found with five sigma by its own profile.
    profile = np.zeros((3, 64, 64), np.float32)
    profile[:, 32, 32] = 1
    weights = smoothed(profile, SEEING, NATIVE)[1]
    five = 10 ** (0.4 * (22.5 - DEPTH[1])) * np.sqrt((weights**2).sum()) / expected[1]
    assert five == pytest.approx(5, rel=0.25)


def test_resampled_noise_is_correlated_as_in_real_cutouts():
    drawn = scene(plain(magnitude=30.0), 424 * 0.14, 1)
    noise = cutout(drawn.noisy - drawn.clean, drawn, 424 * 0.14, 424)
    beside = [np.corrcoef(b[:, 1:].ravel(), b[:, :-1].ravel())[0, 1] for b in noise]
    # Neighbours of example_c and _e of decals_native_fits: 0.53 to 0.74.
    assert beside == pytest.approx([0.62] * 3, abs=0.15)


def test_arms_are_brighter_than_what_is_between_them():
    drawn = (draw(HOW, 3, f"1-{i}") for i in range(200))
    ratios = []
    for one in (g for g in drawn if g.kind == "spiral" and g.axis_ratio > 0.7):
        image = scene(one, 80.0, 3)
        stamp = Stamp(0.0, 0.0, 0.25, 320)
        found = cutout(image.clean, image, 80.0, 320)[0]
        spiral, _ = masks(one, stamp)
        at = (np.arange(320) - 159.5) * 0.25
        radius = np.hypot(*one.plane(at[None, :], at[:, None]))
        within = (radius > one.arms[0].start * 1.3) & (radius < one.arms[0].end * 0.8)
        rings = (radius / 1.0).astype(int)
        for ring in np.unique(rings[within]):
            here = within & (rings == ring)
            if (here & spiral).sum() > 20 and (here & ~spiral).sum() > 20:
                ratios.append(
                    np.median(found[here & spiral]) / np.median(found[here & ~spiral])
                )
    assert len(ratios) > 50
    assert 1.1 < np.median(ratios) < 2.5


def test_one_galaxy_is_drawn_alike_each_time():
    galaxy = plain()
    first, second, other = (scene(galaxy, 50.0, s).noisy for s in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_picture_of_the_volunteers_has_their_hexagon():
    drawn = scene(plain(magnitude=15.0), 60.0, 1)
    picture = sdss_picture(drawn, Canvas(10.0, 5.0), 61, np.random.default_rng(1))
    assert picture.shape == (525, 525, 3)
    magenta = (picture == (255, 0, 255)).all(-1)
    rows, columns = np.nonzero(magenta)
    # Nine fibres of 2 arcsec from corner to corner along the columns.
    assert np.ptp(columns) * 0.099 == pytest.approx(18.0, abs=0.4)
    assert np.ptp(rows) * 0.099 == pytest.approx(18.0 * np.sqrt(3) / 2, abs=0.4)
    assert picture[250:275, 250:275].mean() > 3 * picture[:40, :40].mean()
