"""SDSS ugriz to DES griz."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from skyloom.clusters.real_field.sdss import SDSS_BANDS, magnitudes

# m_DES = m_SDSS + slope * colour + offset, in g, r, i, z.
#
# Fitted by least squares to magnitudes of galaxies made here: the four spectra of
# Coleman, Wu & Weedman 1980 (ApJS 43, 393; E, Sbc, Scd, Im, extended, as GalSim 2.8.5
# ships them) at z = 0, 0.02 ... 0.8, through the curves sdss2010-* and decam2014-* of
# speclite 1.0.0. Residual scatter 0.037, 0.025, 0.027, 0.018 mag over all, of E alone
# 0.040, 0.042, 0.037, 0.008.
#
# For stars DES DR2 (Abbott et al. 2021, ApJS 255, 20, appendix) has the same colours
# and -0.061, -0.155, -0.166, -0.056: the r slope differs, as the 4000 Angstrom break
# of a galaxy moves through the gap of the two r bands.
COLOUR_OF = (("g", "i"), ("r", "i"), ("r", "i"), ("r", "i"))
SLOPES = np.array([-0.078, -0.242, -0.127, -0.035])
OFFSETS = np.array([0.012, 0.003, -0.011, -0.022])
SCATTER = np.array([0.037, 0.025, 0.027, 0.018])
# Colours of the galaxies of the fit; noise beyond them is not followed.
LIMITS = {("g", "i"): (-0.3, 3.4), ("r", "i"): (-0.3, 1.5)}


def corrections(mag: np.ndarray) -> np.ndarray:
    """Return DES less SDSS magnitudes.

    Parameters
    ----------
    mag : ndarray, shape (n, 5)
        SDSS u, g, r, i, z, free of extinction.

    Returns
    -------
    ndarray, shape (n, 4)
        For g, r, i, z.

    Raises
    ------
    ValueError
        For another number of bands.
    """
    mag = np.asarray(mag, float)
    if mag.ndim != 2 or mag.shape[1] != len(SDSS_BANDS):
        msg = f"magnitudes of shape {mag.shape}, expected (n, 5): u, g, r, i, z"
        raise ValueError(msg)
    band = {name: mag[:, k] for k, name in enumerate(SDSS_BANDS)}
    colours = [np.clip(band[a] - band[b], *LIMITS[a, b]) for a, b in COLOUR_OF]
    return np.stack(colours, axis=-1) * SLOPES + OFFSETS


def to_des(galaxies: Table) -> Table:
    """Return SDSS galaxies with DES magnitudes, as the matched filter wants them.

    Parameters
    ----------
    galaxies : Table
        As `skyloom.clusters.real_field.sdss.read_galaxies` returns them.

    Returns
    -------
    Table
        ID, RA, DEC, MAG and MAG_ERR of shape (n, 4) in g, r, i, z. Errors are the
        SDSS ones with the scatter of the relation in quadrature.
    """
    mag, err = magnitudes(galaxies)
    table = Table(galaxies[["ID", "RA", "DEC"]], copy=True)
    table["MAG"] = mag[:, 1:] + corrections(mag)
    table["MAG_ERR"] = np.hypot(err[:, 1:], SCATTER)
    return table
