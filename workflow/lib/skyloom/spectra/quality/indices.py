"""Line indices: equivalent widths and breaks, with errors.

An equivalent width is the integral of ``1 - F / C`` over the line's band, C a straight
line through the mean fluxes of two bands of continuum at their centres. It does not
depend on the level of the spectrum, so that it is measured on scaled spectra as well,
unless their mean was taken away.

Source: Trager et al. 1998, ApJS 116, 1, equations 1 to 3; errors to first order.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.run.places import ROOT
from skyloom.spectra.rest.air import air_to_vacuum
from skyloom.spectra.rest.grid import RestGrid

TABLE = ROOT / "resources" / "spectra" / "indices.csv"
BANDS = ("blue_from", "blue_to", "from", "to", "red_from", "red_to")
LEAST = 0.75  # of a continuum's band must be good; the line's band all
UNITS = {"atomic": "Å", "molecular": "mag", "emission": "Å", "break": ""}
LEVELLED = ("zscore",)  # scalings that take the mean away


def definitions() -> pd.DataFrame:
    """Return the indices of ``resources/spectra``, by name, in vacuum [Å]."""
    table = pd.read_csv(TABLE, index_col="name")
    air = table["medium"] == "air"
    for band in BANDS:
        table.loc[air, band] = air_to_vacuum(table.loc[air, band])
    return table


def measure(
    flux: np.ndarray, ivar: np.ndarray, grid: RestGrid, table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return indices and their errors, a column an index of `table`.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, pixels)
        Spectra at rest; 0 of `ivar` is a mask.
    grid : RestGrid
        Their wavelengths.
    table : DataFrame
        As of `definitions`.

    Returns
    -------
    value, error : DataFrame of n rows
        In Å or mag, or a ratio, by the index's kind. NaN where a pixel of the line's
        band is masked, more than a quarter of a continuum's band is, its mean is not
        positive, or bands lie outside of the grid. Errors take pixels as independent.
    """
    found = {name: _index(flux, ivar, grid, row) for name, row in table.iterrows()}
    value, error = (
        pd.DataFrame({name: pair[k] for name, pair in found.items()}) for k in (0, 1)
    )
    return value, error


def _index(flux, ivar, grid: RestGrid, row: pd.Series):
    sides = [_Band(grid, row[f"{s}_from"], row[f"{s}_to"]) for s in ("blue", "red")]
    means = [_mean(flux, ivar, band, power=row["kind"] == "break") for band in sides]
    (blue, blue_var), (red, red_var) = means
    with np.errstate(invalid="ignore", divide="ignore"):
        if row["kind"] == "break":
            value = red / blue
            error = np.sqrt(red_var + value**2 * blue_var) / blue
            return value, np.where(np.isfinite(value), error, np.nan)
        line = _Band(grid, row["from"], row["to"])
        share = (line.wave - sides[0].centre) / (sides[1].centre - sides[0].centre)
        continuum = blue[:, None] * (1 - share) + red[:, None] * share
        weight, inverse = line.width / continuum, ivar[:, line.pixels]
        ratio = weight * flux[:, line.pixels]
        total = ratio.sum(axis=1)
        # How the integral falls with each of the two means.
        slopes = [(ratio / continuum * part).sum(axis=1) for part in (1 - share, share)]
        variance = np.sum(weight**2 / inverse, axis=1)
        variance += slopes[0] ** 2 * blue_var + slopes[1] ** 2 * red_var
        good = (inverse > 0).all(axis=1) & (continuum > 0).all(axis=1) & line.inside
        total, error = (np.where(good, v, np.nan) for v in (total, np.sqrt(variance)))
        length = row["to"] - row["from"]
        if row["kind"] == "molecular":
            return -2.5 * np.log10(total / length), 2.5 / np.log(10) * error / total
    sign = -1 if row["kind"] == "emission" else 1
    return sign * (length - total), error


class _Band:
    """The pixels of a band, and how much of each lies in it [Å]."""

    def __init__(self, grid: RestGrid, low: float, high: float):
        edges = grid.edges
        inside = (edges[1:] > low) & (edges[:-1] < high)
        self.inside = edges[0] <= low and high <= edges[-1]
        self.pixels = np.flatnonzero(inside)
        self.width = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
        self.width = self.width[inside]
        self.wave, self.centre = grid.wave[inside], (low + high) / 2


def _mean(flux, ivar, band: _Band, *, power: bool):
    """Return mean flux in a band, a unit of frequency if `power`, and its variance."""
    good = ivar[:, band.pixels] > 0
    width = band.width * (band.wave**2 if power else 1.0)
    covered = good @ band.width
    usable = band.inside & (covered >= LEAST * band.width.sum()) & (covered > 0)
    divisor = np.where(usable, covered, np.nan)
    mean = (np.where(good, flux[:, band.pixels], 0) @ width) / divisor
    variance = np.divide(
        1.0, ivar[:, band.pixels], where=good, out=np.zeros(good.shape)
    )
    return np.where(mean > 0, mean, np.nan), variance @ width**2 / divisor**2
