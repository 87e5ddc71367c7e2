"""Whether redshift drives a map: one spectrum, as if seen at several redshifts."""

from __future__ import annotations

import numpy as np

from skyloom.som.grid import steps
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.resample import to_rest
from skyloom.spectra.rest.scale import scale
from skyloom.stats.intervals import one_share

MANGA = RestGrid(3621.596, 1e-4, 4563)  # pixels as observed, vacuum
REDSHIFTS = (0.01, 0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15)
NEAR = 1  # steps from unit to touching unit within which a spectrum stays


def seen_at(spectra: RestSpectra, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and ivar at rest of spectra as MaNGA would have them at a redshift.

    They are brought to the observed pixels, cut by the observed window, and brought
    back to rest: what falls outside of the window is masked. Pixels that the original
    has not seen stay masked.
    """
    back = np.full(len(spectra), 1 + z)
    data = spectra.flux, spectra.ivar
    there = to_rest(spectra.grid.wave, *data, 1 / back, MANGA)
    return to_rest(MANGA.wave, *there, back, spectra.grid)


def invariance(made: SpectralMap, spectra: RestSpectra) -> dict:
    """Return the shares of spectra that stay within one node of themselves.

    Parameters
    ----------
    made : SpectralMap
        The map.
    spectra : RestSpectra
        Scaled as the map's training spectra were.

    Returns
    -------
    dict
        ``stays``: share of spectra that are never further than one step from the unit
        that they have as they are; ``by_redshift``: the share at each of `REDSHIFTS`
        (of those that can be scaled there), with 95 % intervals.
    """
    apart = steps(made.som.shape, made.som.topology, made.som.lattice)
    home, _, _ = made.place(spectra.flux, spectra.ivar)
    near, known = [], []
    for z in REDSHIFTS:
        flux, ivar, usable = scale(*seen_at(spectra, z), spectra.grid, spectra.scaled)
        near.append(apart[home, made.place(flux, ivar)[0]] <= NEAR)
        known.append(usable)
    near, known = np.array(near), np.array(known)
    each = {
        f"{z:.2f}": one_share(int(n[k].sum()), int(k.sum()))
        for z, n, k in zip(REDSHIFTS, near, known, strict=True)
    }
    stays = (near | ~known).all(axis=0)[known.any(axis=0)]
    return {"stays": one_share(int(stays.sum()), len(stays)), "by_redshift": each}
