"""A redshift by eigenspectra, near the network's.

Linear least squares of the template's eigenspectra at trial redshifts within `REACH` of
the network's, on the network's pixels; a parabola at the smallest χ². The Lyman forest
counts, as the template holds its mean; so do broad absorption troughs: without them the
quasars of plate 7102 scattered more. What a template gets wrong is no noise: the error
has a floor, and grows with a poor fit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skyloom.quasars.network.lines import C
from skyloom.quasars.spectra.grid import Grid

REACH = 3000.0  # km/s on both sides; beyond, it is another redshift
STEP = 150.0  # km/s, between trials; a pixel is 690
BLUEST = 900.0  # Å at rest; few templates know what the Lyman limit leaves
# Of the errors, a floor [km/s] and a factor on the fit's own, set on half of plates
# 7102 and 3655 as they are and with four times the noise: right on 3655, and twice too
# large on 7102, whose labels follow the templates.
FLOOR, SCALE = 100.0, 1.9
DEPTH = 9.0  # of χ² over its mean, on both sides of the minimum
LEAST = 50  # pixels


class Template(NamedTuple):
    """Eigenspectra (k, m) at log10 of rest wavelengths [Å] (m,), evenly spaced."""

    place: np.ndarray
    vectors: np.ndarray


class Refined(NamedTuple):
    """Redshifts and errors (n,), NaN where the network's is not bettered."""

    z: np.ndarray
    z_err: np.ndarray


def refine(
    flux: np.ndarray,
    ivar: np.ndarray,
    z: np.ndarray,
    z_err: np.ndarray,
    grid: Grid,
    template: Template,
) -> Refined:
    """Return redshifts by a template, where their error is below `z_err`.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, pixels)
        On `grid`.
    z, z_err : ndarray, shape (n,)
        The network's.
    """
    found = Refined(np.full(len(z), np.nan), np.full(len(z), np.nan))
    wave = _centres(grid)
    smooth = _smoothed(template, np.median(np.diff(wave)))
    for i in np.flatnonzero(np.isfinite(z) & (z > -1)):
        weight = np.where(_kept(wave, z[i], template), ivar[i], 0.0)
        one = _one(wave, flux[i].astype(float), weight, z[i], smooth)
        if one is not None and one[1] < z_err[i]:
            found.z[i], found.z_err[i] = one
    return found


def _centres(grid: Grid) -> np.ndarray:
    middle = grid.start + grid.step * (np.arange(grid.size) + 0.5)
    return middle if grid.kind == "log" else np.log10(middle)


def _smoothed(template: Template, pixel: float) -> Template:
    """Return the template as pixels of that width [dex] see it."""
    step = template.place[1] - template.place[0]
    width = max(1, round(pixel / step))
    box = np.ones(width) / width
    vectors = [np.convolve(vector, box, "same") for vector in template.vectors]
    return Template(template.place, np.stack(vectors))


def _kept(wave, z: float, template: Template) -> np.ndarray:
    rest = wave - np.log10(1 + z)
    margin = 2 * REACH / C
    low = max(np.log10(BLUEST), template.place[0] + margin)
    return (rest > low) & (rest < template.place[-1] - margin)


def _one(wave, flux, weight, z: float, template: Template):
    """Return redshift and error of a spectrum, None where they are not certain."""
    used = weight > 0
    wave, flux, weight = wave[used], flux[used], weight[used]
    if len(wave) < max(LEAST, 2 * len(template.vectors)):
        return None
    u = np.arange(-REACH, REACH + STEP, STEP) / C
    rest = wave - (np.log10(1 + z) + u / np.log(10.0))[:, None]
    basis = np.stack(
        [np.interp(rest, template.place, vector) for vector in template.vectors], 1
    )
    weighted = basis * weight
    normal, side = weighted @ basis.transpose(0, 2, 1), weighted @ flux
    made = np.linalg.pinv(normal, hermitian=True) @ side[..., None]
    chi2 = (weight * flux**2).sum() - (side * made[..., 0]).sum(1)
    best = int(chi2.argmin())
    mean = max(1.0, chi2[best] / (len(wave) - len(template.vectors)))
    depth = min(chi2[:best].max(initial=0), chi2[best + 1 :].max(initial=0))
    if best in (0, len(u) - 1) or depth - chi2[best] < DEPTH * mean:
        return None
    before, at, after = chi2[best - 1 : best + 2]
    bend = before - 2 * at + after
    step = u[1] - u[0]
    shift = u[best] + step * (before - after) / (2 * bend)
    error = np.hypot(FLOOR / C, SCALE * step * np.sqrt(2 * mean / bend))
    refined = (1 + z) * np.exp(shift)
    return refined - 1, refined * error
