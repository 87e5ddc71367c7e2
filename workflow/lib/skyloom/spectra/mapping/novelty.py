"""How unusual a spectrum is: how far it is from the map, against training spectra.

Two lengths tell: the distance from the map's prototypes in latent space, and the
residual, what the codec makes of the spectrum less the spectrum itself. Noise alone
makes both longer. They are therefore compared at the same noise: with training spectra
that have it once more noise is added to them. That noise is independent from pixel to
pixel; where a survey's is not, the novelty of its noisy spectra is a little too large.

The map was fitted to these spectra: of others of the same kind usually more than 5 %
are beyond the 95th percentile. ``evaluation/novelty.json`` has their share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.scale import scale

DRAWN = 4096  # training spectra
MOST = 500  # of them at a level of noise
LEAST = 30
BRIGHTEST = 0.05  # share of the training spectra that the first level is made of
NOISIEST = 2.0  # noise of a pixel, in units of the scaled flux: S/N about 0.5
LEVELS = np.linspace(0, 1, 101)
TINY = 1e-12  # length that counts as 0


LENGTHS = ("distance", "residual")


@dataclass(frozen=True, eq=False)
class Novelty:
    """Lengths of training spectra, by noise.

    Attributes
    ----------
    noise : ndarray, shape (k,)
        Levels of noise of a pixel, scaled, increasing.
    distance, residual : ndarray, shape (k, 101)
        Percentiles 0, 1, ... 100 of the distances in latent space, and of `residual`.
    """

    noise: np.ndarray
    distance: np.ndarray
    residual: np.ndarray

    def __post_init__(self):
        shape = (len(self.noise), len(LEVELS))
        sound = len(self.noise) and np.all(np.diff(self.noise) > 0)
        for table in (self.distance, self.residual):
            sound = sound and table.shape == shape and np.all(np.diff(table) >= 0)
            sound = sound and np.isfinite(table).all()
        if not sound:
            msg = f"tables by noise that do not rise, or not of shape {shape}"
            raise ValueError(msg)

    def percentile(self, distance: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the percentage of training spectra that are nearer to the map.

        The map was fitted to these. Spectra less noisy than all levels are compared
        with those of the first.
        """
        rows = zip(distance, self._table("distance", noise), strict=True)
        return np.array([np.interp(one, table, 100 * LEVELS) for one, table in rows])

    def excess(
        self, distance: np.ndarray, residual: np.ndarray, noise: np.ndarray
    ) -> np.ndarray:
        """Return what ranks anomalies: the larger length, over its 99th percentile.

        Of many pixels, residuals of pure noise are all alike: a percentile of theirs
        would tell how well the noise is known, and a ratio is hardly touched by that.
        Either length is above its limit for 1 % of the training spectra: the excess is
        above 1 for 1 to 2 % of them.
        """
        lengths = zip(LENGTHS, (distance, residual), strict=True)
        limits = [one / self._table(kind, noise)[:, 99] for kind, one in lengths]
        return np.maximum(*limits)

    def _table(self, kind: str, noise: np.ndarray) -> np.ndarray:
        """Return the percentiles at each noise, shape (n, 101)."""
        place = np.interp(np.log(noise), np.log(self.noise), np.arange(len(self.noise)))
        lower = np.floor(place).astype(int)
        upper = np.minimum(lower + 1, len(self.noise) - 1)
        # Lengths grow as a power of the noise, and in the end in proportion to it.
        table = np.log(np.maximum(getattr(self, kind), TINY))
        share = (place - lower)[:, None]
        between = np.exp((1 - share) * table[lower] + share * table[upper])
        return between * np.maximum(noise / self.noise[-1], 1)[:, None]

    def to_json(self) -> dict:
        """Return the table as plain lists; `novelty_from` reads them."""
        return {name: values.tolist() for name, values in asdict(self).items()}


def novelty_from(tree: Mapping) -> Novelty:
    """Return the table that `Novelty.to_json` has written."""
    return Novelty(*(np.array(tree[name], float) for name in ("noise", *LENGTHS)))


def noise_of(ivar: np.ndarray) -> np.ndarray:
    """Return the median noise of the good pixels of each spectrum; NaN without any."""
    ivar = np.asarray(ivar)
    found = np.full(len(ivar), np.nan)
    for row, weight in enumerate(ivar):
        if (weight > 0).any():
            found[row] = np.median(weight[weight > 0]) ** -0.5
    return found


def residual(flux: np.ndarray, ivar: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Return the weighted root mean square of ``flux - made``, 0 without a good pixel.

    All have the shape (n, pixels).
    """
    total = (ivar * (flux - made) ** 2).sum(axis=1, dtype=np.float64)
    return np.sqrt(total / np.maximum(ivar.sum(axis=1, dtype=np.float64), TINY))


def fit_novelty(
    made: SpectralMap, spectra: RestSpectra, rng: np.random.Generator
) -> Novelty:
    """Return the lengths of training spectra, as they are and with noise added.

    Parameters
    ----------
    made : SpectralMap
        The map.
    spectra : RestSpectra
        Training spectra, scaled as the map's were; `DRAWN` of them are used.
    rng : numpy.random.Generator
        Chooses spectra and makes noise.

    Raises
    ------
    ValueError
        None of the spectra has a good pixel.
    """
    drawn = rng.choice(len(spectra), min(DRAWN, len(spectra)), replace=False)
    some = spectra.rows(np.sort(drawn))
    flux, ivar = some.flux, some.ivar
    noise = noise_of(ivar)
    order = np.argsort(noise)[: np.isfinite(noise).sum()]
    if not len(order):
        msg = "no training spectrum has a good pixel"
        raise ValueError(msg)
    first = min(max(LEAST, int(BRIGHTEST * len(order))), len(order)) - 1
    doublings = max(np.ceil(np.log2(NOISIEST / noise[order[first]])), 0)
    levels = noise[order[first]] * 2 ** np.arange(doublings + 1)
    found = []
    for level in levels:
        able = order[noise[order] <= level]
        rows = np.sort(rng.choice(able, min(MOST, len(able)), replace=False))
        noisy = _noisier(flux[rows], ivar[rows], level / noise[rows], rng)
        *noisy, usable = scale(*noisy, made.grid, made.scaled)
        if usable.any():
            found.append(_level(made, *(values[usable] for values in noisy)))
    # Scaling by the spread leaves no spectrum noisier than its spread: levels meet.
    columns = [np.array(column) for column in zip(*found, strict=True)]
    before = np.maximum.accumulate([0.0, *columns[0][:-1]])
    return Novelty(*(column[columns[0] > before] for column in columns))


def _level(made: SpectralMap, flux, ivar) -> tuple:
    """Return the median noise of spectra, and percentiles of their lengths at it."""
    _, distance, latent = made.place(flux, ivar)
    lengths = distance, residual(flux, ivar, made.reconstruct(latent))
    # Each at its own noise, since scaling divides noise by a spectrum's own numbers.
    noise = noise_of(ivar)
    middle = np.median(noise)
    return middle, *(np.quantile(one * middle / noise, LEVELS) for one in lengths)


def _noisier(flux, ivar, factor: np.ndarray, rng: np.random.Generator):
    """Return spectra whose noise is larger by a factor, shape (n,)."""
    good = ivar > 0
    sigma = np.where(good, 1 / np.sqrt(np.where(good, ivar, 1)), 0)
    added = sigma * np.sqrt(factor**2 - 1)[:, None]
    noisy = flux + added * rng.standard_normal(flux.shape, np.float32)
    return noisy.astype(np.float32), (ivar / factor[:, None] ** 2).astype(np.float32)
