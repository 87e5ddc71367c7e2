"""Two independent families of quasars without absorption: "baldwin" and "composite".

A network that only wins inside one family proves little, so nothing but the engine
that adds lines is shared: continua, line tables, profiles, iron and dust differ.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation.continuum import (
    GREY,
    SMC,
    balmer,
    curved,
    dust,
    log_luminosity,
    power_laws,
)
from skyloom.quasars.simulation.frame import PIVOT, ZERO, rest
from skyloom.quasars.simulation.lines import NOTHING, Lines, add_humps, add_lines
from skyloom.quasars.simulation.tables import columns

REFERENCE = 45.7  # log erg/s, luminosity of the tables


def luminosity(z: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """Return log λL_λ relative to `REFERENCE` of quasars of some magnitudes."""
    flux = ZERO * 10.0 ** (-0.4 * magnitude)
    return log_luminosity(flux, z, PIVOT) - REFERENCE


def draw_baldwin(z, magnitude, rng: np.random.Generator) -> np.ndarray:
    """Draw quasars of power-law continua whose lines weaken with luminosity.

    Each broad line is a core on a wider base; a common peakiness strengthens and
    narrows lines and takes away their blueshift.

    The spectra (n, SIZE), before absorption between us and the quasar, are in no
    particular unit.
    """
    n, wave = len(z), rest(z)
    over = luminosity(z, magnitude)
    slope = -2.0 - rng.normal(-0.37, 0.22, n)
    far = slope + rng.normal(0.3, 0.4, n)
    near = slope + np.clip(rng.normal(0.6, 0.35, n), 0, None)
    continuum = power_laws(wave, (1150.0, 4800.0), [far, slope, near])
    flux = continuum.copy()
    peaky = rng.normal(-0.25 * over, 1.0)
    speed = 10.0 ** rng.normal(0.04 * over, 0.125, n)
    cores, bases = _cores_and_bases(over, peaky, speed, rng)
    for lines in (cores, bases, _narrow(over, rng)):
        add_lines(flux, continuum, z, lines)
    uv = 0.13 * 10.0 ** rng.normal(0, 0.20, (n, 1))
    optical = 0.14 * 10.0 ** (rng.normal(0, 0.28, (n, 1)) - 0.1 * peaky[:, None])
    add_humps(flux, continuum, z, columns("iron_uv"), uv, rng.uniform(0.8, 1.3, n))
    iron = columns("iron_optical")
    add_humps(flux, continuum, z, iron, optical, rng.uniform(0.8, 1.3, n))
    flux += continuum * balmer(wave, 0.12 * 10.0 ** rng.normal(0, 0.25, n))
    return flux * dust(wave, _reddening(n, rng), SMC)


def draw_composite(z, magnitude, rng: np.random.Generator) -> np.ndarray:
    """Draw quasars of curved continua between a peaky and a windy composite.

    Lines are single asymmetric profiles with Lorentzian wings, iron is a comb of
    many features, dust is greyer. Parameters and result as in `draw_baldwin`.
    """
    n, wave = len(z), rest(z)
    over = luminosity(z, magnitude)
    slope, curvature = rng.normal(-1.57, 0.20, n), rng.normal(0.20, 0.10, n)
    continuum = curved(wave, slope, curvature)
    bend = np.minimum(wave / np.float32(1180.0), 1.0)
    continuum *= (
        bend ** np.float32(np.clip(rng.normal(1.35, 0.4, n), 0.0, 2.0))[:, None]
    )
    flux = continuum.copy()
    windy = np.clip(rng.beta(1.6, 2.2, n) + 0.12 * over, -0.2, 1.2)
    add_lines(flux, continuum, z, _between(windy, rng))
    add_lines(flux, continuum, z, _narrow(over + 0.6 * windy, rng))
    for name, strength in (("iron_uv", 0.11), ("iron_optical", 0.12)):
        comb = _comb(columns(name))
        each = strength * 10.0 ** rng.normal(0, 0.22, (n, 1))
        each = each * (0.7 + 0.6 * windy[:, None])
        each = each * rng.uniform(0.4, 1.6, (n, comb.shape[1]))
        add_humps(flux, continuum, z, comb, each, rng.uniform(0.7, 1.5, n))
    flux += continuum * balmer(wave, rng.uniform(0.03, 0.22, n))
    return flux * dust(wave, _reddening(n, rng), GREY)


def _reddening(n, rng) -> np.ndarray:
    """Draw E(B-V): mostly a few hundredths, one quasar in twenty-five red."""
    red = rng.random(n) < 0.04
    return np.where(red, rng.exponential(0.10, n), rng.exponential(0.022, n))


def _cores_and_bases(over, peaky, speed, rng) -> tuple[Lines, Lines]:
    (rest_wave, ew, slope, scatter, load, share, core, base, shift, follows, loose) = (
        columns("broad_lines")
    )
    n, m = len(over), len(rest_wave)
    common = rng.normal(0, 0.06, (n, 1))
    dex = slope * over[:, None] + load * peaky[:, None] + common
    dex = dex + rng.normal(0, 1, (n, m)) * scatter
    width = ew * 10.0**dex
    share = np.clip(share + 0.07 * peaky[:, None] + rng.normal(0, 0.08, (n, m)), 0, 0.9)
    share = np.where(core == base, 0, share)
    own = 10.0 ** rng.normal(0, 0.06, (n, m))
    narrow = core * (speed * 10.0 ** (-0.05 * peaky))[:, None] * own
    wide = base * (speed[:, None] ** 0.6) * 10.0 ** rng.normal(0, 0.06, (n, m))
    shift = shift + follows * peaky[:, None] + rng.normal(0, 1, (n, m)) * loose
    tilt = 10.0 ** rng.normal(0, 0.05, (n, m))
    sides = narrow * tilt, narrow / tilt
    cores = Lines(rest_wave, width * share, shift, *sides, NOTHING)
    lean = shift + 0.5 * np.minimum(shift, 0) + rng.normal(0, 250, (n, m))
    sides = wide * tilt, wide / tilt
    return cores, Lines(rest_wave, width * (1 - share), lean, *sides, NOTHING)


def _narrow(over, rng) -> Lines:
    rest_wave, ew, slope, scatter = columns("narrow_lines")
    n, m = len(over), len(rest_wave)
    common = rng.normal(0, 0.28, (n, 1))
    width = ew * 10.0 ** (
        slope * over[:, None] + common + rng.normal(0, 1, (n, m)) * scatter
    )
    fwhm = np.clip(10.0 ** rng.normal(2.68, 0.15, (n, 1)), 200, 1500)
    shift = rng.normal(-20, 50, (n, 1))
    lean = fwhm * rng.uniform(1.0, 1.8, (n, 1))
    return Lines(rest_wave, width, shift, lean, fwhm, np.full(1, 0.15))


def _between(windy, rng) -> Lines:
    rest_wave, peaky, wind, still, blown = columns("peaky_windy")
    n, m = len(windy), len(rest_wave)
    part = windy[:, None]
    dex = (1 - part) * np.log10(peaky) + part * np.log10(wind)
    dex = dex + rng.normal(0, 0.07, (n, 1)) + rng.normal(0, 0.09, (n, m))
    fwhm = 10.0 ** (3.49 + 0.25 * part + rng.normal(0, 0.08, (n, 1)))
    fwhm = fwhm * 10.0 ** rng.normal(0, 0.05, (n, m))
    lean = 1 + part * rng.uniform(0, 0.9, (n, m))
    shift = (1 - part) * still + part * blown + rng.normal(0, 110, (n, m))
    wing = np.clip(rng.normal(0.75, 0.15, (n, 1)) + rng.normal(0, 0.1, (n, m)), 0, 1)
    shelf = np.isin(rest_wave, [1605.0])
    fwhm = np.where(shelf, 11_000.0, fwhm)
    return Lines(
        rest_wave, 10.0**dex, shift, fwhm * lean, fwhm, np.where(shelf, 0, wing)
    )


def _comb(humps: np.ndarray) -> np.ndarray:
    """Split each hump into three narrower features of the same area."""
    place, sigma, height = humps[:, :, None]
    off, narrow, part = np.array(
        [(-0.9, 0.6, 0.5), (0.05, 0.5, 0.7), (0.95, 0.6, 0.5)]
    ).T
    teeth = (place + off * sigma, narrow * sigma, height * part)
    return np.stack([tooth.ravel() for tooth in teeth])
