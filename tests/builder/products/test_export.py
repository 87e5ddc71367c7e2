"""DS9 regions and GALFIT input files, read back."""

import math
import re
from itertools import pairwise

import invented_galaxy
import numpy as np
import pytest
from builder.published_render import sampled
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.profiles import sersic_b
from skyloom.builder.model import DrawnArm, Model, Sersic, replace
from skyloom.builder.products import export
from skyloom.builder.products.outlines import arm_line

FILES = {
    "data": "residuals/agg/7.fits[DATA]",
    "output": "7_galfit.fits",
    "sigma": "fitting_metadata/7.fits[ERR]",
    "psf": "fitting_metadata/7.fits[PSF]",
    "mask": "fitting_metadata/7.fits[MASK]",
}
DISK, BULGE, BAR = (
    invented_galaxy.DISK,
    invented_galaxy.BULGE,
    invented_galaxy.BAR,
)


def regions(text):
    """Return the frame and (shape, numbers, comment) of each region."""
    header, *lines = text.splitlines()
    assert header == "# Region file format: DS9 version 4.1"
    frame, found = None, []
    for line in lines:
        match = re.fullmatch(r"(\w+)\((.*?)\) # (.*)", line)
        if match:
            numbers = [float(v.strip('"')) for v in match[2].split(",")]
            found.append((match[1], numbers, match[3]))
        elif not line.startswith(("#", "global")):
            frame = line
    return frame, found


def feedme(text):
    """Return the control parameters and a list of objects, values as text."""
    control, objects = {}, []
    target = control
    for line in text.splitlines():
        bare = line.split("#", 1)[0].strip()
        if not bare or bare.startswith("="):
            continue
        key, value = re.fullmatch(r"([A-Z]?\d*)\)\s+(.*?)\s*", bare).groups()
        if key == "0":
            target = {}
            objects.append(target)
        assert key not in target
        target[key] = value
    return control, objects


def write_feedme(model, multiplier=2.5):
    return export.galfit_feedme(
        model, (90, 100), files=FILES, multiplier=multiplier, psf_size=11
    )


def numbers(value):
    return [float(v) for v in value.split()]


def test_image_regions_count_from_one():
    """Centres shift by one pixel; sizes and angles are of the long axis."""
    frame, found = regions(export.ds9_regions(Model(DISK, BULGE, BAR)))
    assert frame == "image"
    assert [f[0] for f in found] == ["ellipse", "ellipse", "box"]
    expected = [50.0, 45.0, 16.0, 16 * 0.7, math.degrees(0.5) + 90]
    assert found[0][1] == pytest.approx(expected, abs=1e-3)
    x, y, width, height, angle = found[2][1]
    assert (width, height) == pytest.approx((14.0, 14 * 0.3), abs=1e-3)
    assert angle == pytest.approx((math.degrees(2.0) + 90) % 180, abs=1e-3)
    assert (x, y) == pytest.approx((50.4, 45.2), abs=1e-3)


def test_arm_regions_are_connected_lines_on_the_spiral():
    """The lines of an arm share a tag, join up, and follow its ridge."""
    _, found = regions(export.ds9_regions(invented_galaxy.MODEL))
    lines = [f for f in found if f[0] == "line" and "tag={arm 1}" in f[2]]
    assert len(lines) == export.ARM_POINTS - 1
    for before, after in pairwise(lines):
        assert before[1][2:] == after[1][:2]
    ridge = arm_line(DISK, invented_galaxy.ARMS[1], export.ARM_POINTS) + 1
    assert np.allclose([line[1][:2] for line in lines], ridge[:-1], atol=1e-3)


@settings(deadline=None, max_examples=40)
@given(roll=st.floats(0, math.pi), rotation=st.floats(-180, 180))
def test_sky_regions_mean_the_same_ellipse(roll, rotation):
    """Position, size and angle in fk5 give the pixel ellipse back."""
    wcs = invented_galaxy.wcs(rotation)
    frame, found = regions(export.ds9_regions(Model(replace(DISK, roll=roll)), wcs))
    ra, dec, major, minor, angle = found[0][1]
    assert frame == "fk5"
    assert wcs.all_world2pix(ra, dec, 0) == pytest.approx([49, 44], abs=1e-2)
    assert (major, minor) == pytest.approx((16 * 0.396, 11.2 * 0.396), rel=1e-3)
    # An angle of 90 is along north, which this WCS turns by `rotation` from +y.
    on_image = math.degrees(roll) + 90 - rotation
    assert abs((angle - on_image + 90) % 180 - 90) < 0.02


def test_regions_of_an_empty_model():
    """A model of nothing is a valid file of no regions; arms need a disk."""
    assert regions(export.ds9_regions(Model()))[1] == []
    orphan = Model(bulge=BULGE, spiral=(DrawnArm(np.zeros((3, 2)), 1.0, 1.0),))
    assert len(regions(export.ds9_regions(orphan))[1]) == 1


def test_feedme_control_block():
    """All control letters stand there once, with the right image region."""
    control, _ = feedme(write_feedme(Model(DISK)))
    assert list(control) == list("ABCDEFGHIJKOP")
    assert control["A"] == FILES["data"]
    assert control["H"] == "1 100 1 90"
    assert float(control["J"]) == pytest.approx(22.5 - 2.5 * math.log10(2.5), abs=1e-5)


def test_feedme_objects_give_the_model_back():
    """Positions count from 1, the angle is up = 0 and left = 90, C0 is c - 2."""
    _, objects = feedme(write_feedme(Model(DISK, BULGE, BAR)))
    assert [o["0"] for o in objects] == ["sersic", "sersic", "sersic", "sky"]
    for found, part in zip(objects, (DISK, BULGE, BAR), strict=False):
        assert numbers(found["1"])[:2] == pytest.approx(
            [part.mux + 1, part.muy + 1], abs=1e-4
        )
        for key, value in (("4", part.Re), ("5", part.n), ("9", part.q)):
            assert numbers(found[key])[0] == pytest.approx(value, abs=1e-4)
        turn = numbers(found["10"])[0] - math.degrees(part.roll)
        assert abs((turn + 90) % 180 - 90) < 1e-3
    assert numbers(objects[2]["C0"])[0] == pytest.approx(1.0)
    assert "C0" not in objects[0]
    assert numbers(objects[0]["5"])[1] == 0


@given(multiplier=st.floats(0.1, 20.0), c=st.floats(1.0, 6.0))
def test_feedme_magnitude_is_the_flux_at_the_zero_point(multiplier, c):
    """Magnitude and zero point give the flux in image units again."""
    bar = replace(BAR, c=c)
    control, objects = feedme(write_feedme(Model(bar=bar), multiplier))
    mag = numbers(objects[0]["3"])[0]
    flux = 10 ** (-0.4 * (mag - float(control["J"])))
    assert flux == pytest.approx(total_flux(bar), rel=1e-4)


def test_galfit_draws_the_same_profile():
    """GALFIT's definitions of angle, radius and boxyness give our image again."""
    _, objects = feedme(write_feedme(Model(bar=BAR)))
    o = {k: numbers(v) for k, v in objects[0].items() if k != "0"}
    x, y = np.meshgrid(np.arange(1, 101), np.arange(1, 91))
    dx, dy, turn = x - o["1"][0], y - o["1"][1], math.radians(o["10"][0])
    along = -math.sin(turn) * dx + math.cos(turn) * dy
    across = (math.cos(turn) * dx + math.sin(turn) * dy) / o["9"][0]
    power = o["C0"][0] + 2
    r = (abs(along) ** power + abs(across) ** power) ** (1 / power)
    exponent = (r / o["4"][0]) ** (1 / o["5"][0]) - 1
    expected = BAR.I * np.exp(-sersic_b(BAR.n) * exponent)
    image = sampled(Model(bar=BAR), (90, 100), 1)
    assert np.allclose(image, expected, rtol=2e-3, atol=1e-6)


def test_feedme_says_loudly_that_arms_are_missing():
    """Arms stand in comments with all their numbers; without arms no warning."""
    text = write_feedme(invented_galaxy.MODEL)
    assert "WARNING" in text
    assert "r = 8.0000 px exp(theta tan 18.000 deg)" in text
    assert len(feedme(text)[1]) == 4
    drawn = Model(DISK, spiral=(DrawnArm(np.zeros((3, 2)), 1.0, 2.0),))
    assert "a drawn line of 3 points" in write_feedme(drawn)
    assert "WARNING" not in write_feedme(Model(DISK))


def test_dark_component_has_no_magnitude():
    """A component without light cannot be given to GALFIT and is refused."""
    with pytest.raises(ValueError, match="bulge: no light"):
        write_feedme(Model(DISK, replace(BULGE, I=0.0)))


def test_sersic_angles_stay_in_galfits_range():
    """GALFIT reports angles between -90 and 90."""
    for roll in np.linspace(0, math.pi, 13):
        part = Sersic(0, 0, float(roll), 0.5, 1, 1)
        value = numbers(feedme(write_feedme(Model(part)))[1][0]["10"])[0]
        assert -90 <= value <= 90
