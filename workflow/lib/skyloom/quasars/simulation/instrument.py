"""What a spectrograph makes of light: throughput errors, sky, noise, lost pixels.

The noise is ``variance = depth² sky² (1 + lines) + depth gain flux`` with measured
curves. On top come the errors that real reductions leave and
their inverse variances do not know: a wavy flux calibration, a sky that was
subtracted a little wrong, cosmic rays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.simulation.frame import LOG_WAVE, SIZE, WAVE, to_wave
from skyloom.quasars.simulation.tables import columns

_DESI = (("b", 3600.0, 2751), ("r", 5760.0, 2326), ("z", 7520.0, 2881))
_BOSS = slice(30, 4650)  # of the frame: log wavelengths 3.5525 to 4.0144


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """One arm: pixel centres `wave` (Å) and noise, relative to 5250 Å, each (m,).

    `sky` is the noise of the sky between its lines, `lines` the excess variance of the
    sky's lines over that, `gain` the variance per flux.
    """

    name: str
    wave: np.ndarray
    sky: np.ndarray
    lines: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True, slots=True)
class Flaws:
    """Errors that the inverse variance does not know.

    `ripple` and `tilt` are the scatter of the wavy flux calibration, and of its slope
    in dex per decade; `blue` and `excess` scatter and mean (ln) of it at 3600 Å, gone
    by 4200 Å: fibres of BOSS quasars were placed for 4000 Å, those of its standard
    stars for 5400 Å (Margala et al. 2016). `sky` is the scatter of the smooth error of
    the sky, `lines` that of the sky's lines, in noise of a pixel, five times that
    beyond 9850 Å, where lines are strongest. `overstated` is the share by which the
    inverse variance overstates the noise; `cosmics` and `lost` are rates per pixel.
    """

    ripple: float = 0.02
    tilt: float = 0.11
    blue: float = 0.10
    excess: float = 0.0
    sky: float = 0.11
    lines: float = 0.09
    overstated: float = 0.0
    cosmics: float = 4e-5
    lost: float = 1.5e-3


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """A spectrograph: cameras in order of wavelength, and its noise at 5250 Å.

    `sky` is that of a pixel of empty sky (1e-17 erg/s/cm2/Å), `shot` the variance per
    flux, `spread` the scatter of the depth from target to target (dex).
    """

    cameras: tuple[Camera, ...]
    sky: float
    shot: float
    spread: float
    flaws: Flaws


def desi() -> Instrument:
    """Return DESI: three arms of 0.8 Å pixels, as in coadds of one dark exposure."""
    cameras = []
    for name, start, count in _DESI:
        wave = start + 0.8 * np.arange(count)
        sky = np.interp(wave, *columns(f"sky_desi_{name}"))
        gain = sky**1.35  # of the BOSS curves; a coadd's own ivar has no such term
        cameras.append(Camera(name, wave, sky, _sky_lines(wave, 0.75), gain))
    return Instrument(tuple(cameras), sky=0.55, shot=0.05, spread=0.05, flaws=Flaws())


def boss() -> Instrument:
    """Return BOSS: one joined spectrum on SDSS's log grid, coadds of plates."""
    wave = WAVE[_BOSS]
    place, sky, gain = columns("sky_boss")
    sky, gain = (np.exp(np.interp(wave, place, np.log(y))) for y in (sky, gain))
    camera = Camera("sdss", wave, sky, _sky_lines(wave, 1.15), gain)
    flaws = Flaws(excess=0.10, overstated=0.06)
    return Instrument((camera,), sky=0.20, shot=0.025, spread=0.08, flaws=flaws)


def observe(
    flux: np.ndarray,
    meta: pd.DataFrame,
    instrument: Instrument,
    depth: np.ndarray,
    rng: np.random.Generator,
    fault: np.ndarray | None = None,
) -> Spectra:
    """Observe targets once.

    Parameters
    ----------
    flux : ndarray, shape (n, SIZE), 1e-17 erg/s/cm2/Å
        Light on `frame.WAVE`.
    meta : DataFrame of n rows
        The facts of `skyloom.io.spectra.Spectra`.
    instrument : Instrument
    depth : ndarray, shape (n,)
        Factor on the noise of the sky; 2 is a quarter of the exposure time.
    rng : numpy.random.Generator
    fault : ndarray of str, shape (n,), optional
        ``dead_arm`` loses an arm (a third of a joined spectrum), ``gap`` up to three
        stretches of 1 to 12 % of the frame, ``cosmics`` has a hundred times as many
        cosmic rays.
    """
    flaws = instrument.flaws
    fault = np.full(len(flux), "") if fault is None else fault
    seen = flux * _calibration(len(flux), flaws, rng)
    noise = instrument.sky * depth * 10.0 ** rng.normal(0, instrument.spread, len(flux))
    shot = instrument.shot * noise / instrument.sky
    arms = []
    dead = rng.integers(0, 3, len(flux))
    gaps = _gaps(fault == "gap", rng)
    for k, camera in enumerate(instrument.cameras):
        light = _on_pixels(seen, camera)
        arm = _expose(light, camera, noise, shot, fault, flaws, rng)
        lost = _dead(camera, k, dead, len(instrument.cameras))
        lost &= (fault == "dead_arm")[:, None]
        lost |= gaps[:, np.searchsorted(WAVE, camera.wave).clip(max=SIZE - 1)]
        arm.ivar[lost], arm.flux[lost] = 0, 0
        arms.append(arm)
    return Spectra(tuple(arms), meta.reset_index(drop=True))


def _sky_lines(wave: np.ndarray, sigma: float) -> np.ndarray:
    excess = np.zeros(len(wave))
    for centre, area in columns("sky_lines").T:
        near = np.abs(wave - centre) < 6 * sigma
        shape = np.exp(-0.5 * ((wave[near] - centre) / sigma) ** 2)
        excess[near] += area / (sigma * np.sqrt(2 * np.pi)) * shape
    return excess


def _on_pixels(seen: np.ndarray, camera: Camera) -> np.ndarray:
    first = np.searchsorted(WAVE, camera.wave[0])
    if np.array_equal(camera.wave, WAVE[first : first + len(camera.wave)]):
        return seen[:, first : first + len(camera.wave)]
    return to_wave(seen, camera.wave)


def _waves(n: int, size: int, count: int, rng) -> np.ndarray:
    """Draw smooth curves of scatter about 1 through `count` nodes, (n, size)."""
    node = rng.standard_normal((n, count + 2), dtype=np.float32)
    x = np.linspace(0, count - 1e-3, size)
    left = x.astype(int)
    part = (x - left).astype(np.float32)
    part = part * part * (3 - 2 * part)
    return node[:, left] * (1 - part) + node[:, left + 1] * part


def _calibration(n: int, flaws: Flaws, rng) -> np.ndarray:
    """Draw the factors by which flux calibration is wrong, (n, SIZE), float32."""
    log = flaws.ripple * (_waves(n, SIZE, 12, rng) + 0.5 * _waves(n, SIZE, 40, rng))
    lever = ((LOG_WAVE - LOG_WAVE[SIZE // 2]) * np.log(10.0)).astype(np.float32)
    log += rng.normal(0, flaws.tilt, (n, 1)).astype(np.float32) * lever
    blue = np.clip((4200.0 - WAVE) / 600.0, 0, 1.1) ** 2
    wrong = flaws.excess + flaws.blue * _waves(n, SIZE, 30, rng)
    log += blue.astype(np.float32) * wrong
    return np.exp(log)


def _expose(light, camera: Camera, noise, shot, fault, flaws: Flaws, rng) -> Arm:
    n, m = light.shape
    sky = (noise[:, None] * camera.sky).astype(np.float32)
    variance = sky**2 * (1 + camera.lines).astype(np.float32)
    variance += (shot[:, None] * camera.gain).astype(np.float32) * np.maximum(light, 0)
    sigma = np.sqrt(variance)
    true = sigma * np.float32(1 - flaws.overstated)
    flux = light + true * rng.standard_normal((n, m), dtype=np.float32)
    flux += flaws.sky * sky * _waves(n, m, max(4, m // 330), rng)
    wrong = rng.normal(0, flaws.lines, (n, 1)).astype(np.float32)
    worse = 1 + 4 * np.clip((camera.wave - 9250.0) / 600.0, 0, 1.2)
    flux += wrong * sky * (worse * np.sqrt(camera.lines)).astype(np.float32)
    _hit(flux, sigma, np.where(fault == "cosmics", 100, 1) * flaws.cosmics, rng)
    ivar = 1 / variance
    lost = rng.integers(0, n * m, rng.poisson(flaws.lost * n * m))
    ivar.ravel()[lost] = 0
    return Arm(camera.name, camera.wave, flux.astype(np.float32), ivar)


def _hit(flux, sigma, rate, rng) -> None:
    n, m = flux.shape
    row = np.repeat(np.arange(n), rng.poisson(rate * m, n))
    place = rng.integers(0, m, len(row))
    size = rng.exponential(25.0, len(row)).astype(np.float32)
    flux[row, place] += sigma[row, place] * size


def _gaps(some: np.ndarray, rng) -> np.ndarray:
    """Return which pixels of the frame are lost in the spectra `some`, (n, SIZE)."""
    out = np.zeros((len(some), SIZE), dtype=bool)
    for i in np.flatnonzero(some):
        for _ in range(rng.integers(1, 4)):
            length = round(SIZE * rng.uniform(0.01, 0.12))
            first = rng.integers(0, SIZE - length)
            out[i, first : first + length] = True
    return out


def _dead(camera: Camera, k: int, dead, count: int) -> np.ndarray:
    """Return which pixels of this camera die with arm `dead` (n,), (n, m)."""
    if count > 1:
        return np.repeat((dead == k)[:, None], len(camera.wave), axis=1)
    third = np.minimum(np.arange(len(camera.wave)) * 3 // len(camera.wave), 2)
    return third[None, :] == dead[:, None]
