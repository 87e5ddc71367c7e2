"""The batched renderer against the reference: 1e-3 of the peak anywhere."""

import numpy as np
import pytest
import torch
from skyloom.clusters.images import batched, galsim_renderer
from skyloom.clusters.images.grid import folded_size
from skyloom.clusters.images.psf import Psf
from small_fields import one_source, random_field

BANDS = "griz"
PSFS = {
    "g": Psf(1.11, 0.02, 0.0),
    "r": Psf(0.95, -0.01, 0.02),
    "i": Psf(0.88, 0.01, 0.01),
    "z": Psf(0.83, 0.0, -0.03),
}
KINDS = [
    *[{"hlr": h, "fracdev": f} for h in (0.05, 0.3, 1.2) for f in (0.0, 0.4, 1.0)],
    {"hlr": 0.0},
    {"hlr": 0.6, "fracdev": 0.5, "g1": 0.5, "g2": -0.4},
    {"hlr": 4.0, "fracdev": 1.0},
]


def difference(table, bands, shape, psfs):
    """Return the largest difference of the renderers and the reference's peak."""
    ours = batched.render(table, bands, shape, psfs)
    theirs = galsim_renderer.render(table, bands, shape, psfs)
    return np.abs(ours - theirs).max(axis=(1, 2)), theirs.max(axis=(1, 2))


@pytest.mark.parametrize("source", KINDS, ids=str)
@pytest.mark.parametrize("psf", [Psf(0.65, 0.03), Psf(1.2)])
def test_every_source_alone(source, psf):
    """A source in its own field agrees to 1e-3 of its own peak."""
    table = one_source(128.37, 127.79, flux=2e3, **source)
    apart, peak = difference(table, "r", (256, 256), {"r": psf})
    assert apart[0] <= 1e-3 * peak[0]


def test_a_bright_source_has_its_wings():
    """Of a source of mag 16 no wing is missed that the sky's noise would show."""
    table = one_source(200, 200, flux=4e5, hlr=0.7, fracdev=1.0)
    apart, peak = difference(table, "r", (401, 401), {"r": Psf(0.95)})
    assert apart[0] < 0.5
    assert apart[0] < 1e-4 * peak[0]


def test_a_field():
    """A crowded field with sources beyond its edges agrees in all bands."""
    table = random_field(60, 192, margin=25.0, bright=18.0)
    apart, peak = difference(table, BANDS, (192, 192), PSFS)
    assert (apart <= 1e-3 * peak).all()
    assert (apart > 0).all()


def test_giants_are_drawn_by_galsim(monkeypatch):
    """What needs more than the largest stamp is the reference's."""
    monkeypatch.setattr(batched, "SIZES", (32,))
    table = one_source(30, 30, hlr=2.0)
    apart, peak = difference(table, "r", (64, 64), {"r": Psf(0.9)})
    assert apart[0] == 0
    assert peak[0] > 0


def test_sources_off_the_image():
    """The empty catalogue and sources far away leave an empty image."""
    far = one_source(-4000, 9000, hlr=1.0)
    assert not batched.render(far, BANDS, (64, 48), PSFS).any()
    assert batched.render(far[:0], BANDS, (64, 48), PSFS).shape == (4, 64, 48)


def test_order_of_the_catalogue_does_not_matter():
    """The same sources in another order give the same image to rounding."""
    table = random_field(60, 128)
    first = batched.render(table, "r", (128, 128), PSFS)
    second = batched.render(table[::-1], "r", (128, 128), PSFS)
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-3)


def test_same_bytes_on_any_number_of_threads():
    """Threads change nothing."""
    # One batch large enough that torch would share it out.
    table = random_field(60, 64, bright=23.0)
    threads, images = torch.get_num_threads(), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            images.append(batched.render(table, "r", (64, 64), PSFS).tobytes())
    finally:
        torch.set_num_threads(threads)
    assert images[0] == images[1]


def test_flux_scales_the_image():
    """Twice the flux, twice the image."""
    one, two = (
        batched.render(one_source(32, 32, flux=f, hlr=0.5), "r", (64, 64), PSFS)
        for f in (1e3, 2e3)
    )
    np.testing.assert_allclose(two, 2 * one, atol=2e-3 * one.max())


def test_sharp_seeing_folds_more():
    """Power beyond the sampling limit matters for larger galaxies in better seeing."""
    sizes = [folded_size([Psf(f)], 6e-4) for f in (0.63, 0.7, 0.9)]
    assert sizes[0] > sizes[1] > sizes[2] == 0.0


def test_a_shear_of_one_is_refused():
    """Nothing is drawn of a catalogue with an impossible source."""
    table = random_field(5, 64)
    table["SOURCE_TYPE"] = 1
    table["G2"][2] = -1.0
    with pytest.raises(ValueError, match="row 2"):
        batched.render(table, "r", (64, 64), PSFS)
