"""The wavelengths of simulated targets."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.quasars.simulation import frame


def test_velocity_is_a_number_of_pixels():
    """One pixel is 69 km/s everywhere, and the frame holds BOSS and DESI."""
    speed = frame.LIGHT * np.diff(frame.WAVE) / frame.WAVE[:-1]
    assert speed == pytest.approx(frame.PIXEL, rel=2e-4)
    assert frame.WAVE[0] < 3569
    assert frame.WAVE[-1] > 10_344


def test_pixel_is_the_inverse_of_wave():
    """The place of a pixel's wavelength is its number."""
    assert frame.pixel(frame.WAVE) == pytest.approx(np.arange(frame.SIZE), abs=1e-6)


def test_scaled_spectra_have_the_magnitude():
    """A flat f_ν of magnitude 20 scaled to 20 stays what it was."""
    flat = 3631e-23 * 10**-8.0 * frame.LIGHT * 1e13 / frame.WAVE**2 / 1e-17
    out = frame.scaled(flat[None].astype(np.float32), np.array([20.0]))
    assert out[0] == pytest.approx(flat, rel=0.06)


def test_to_wave_keeps_a_line_of_light():
    """Interpolation to DESI's pixels is exact for what is linear in log λ."""
    flux = (2.0 + np.log10(frame.WAVE))[None].astype(np.float32)
    wave = 3600 + 0.8 * np.arange(2751)
    assert frame.to_wave(flux, wave)[0] == pytest.approx(2 + np.log10(wave), abs=1e-5)
