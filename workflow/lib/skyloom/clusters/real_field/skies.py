"""The skies of a real field: the real one, and null skies made of its galaxies.

Null skies hold no cluster. Where places are drawn at random (``shuffled``), chance
alignments of groups at other redshifts are lost as well; where colours are exchanged
(``permuted``), places stay, and with them all that galaxies of any colour do together.
The latter is the stricter test.
"""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from skyloom.clusters.baselines.randoms import shuffled
from skyloom.clusters.real_field.sdss import SDSS_BANDS
from skyloom.clusters.real_field.sky_names import REAL
from skyloom.run.seeds import rng as generator
from skyloom.sky.footprint import Footprint

BIN = 0.1  # mag, within which galaxies exchange their colours


def permuted(galaxies: Table, rng: np.random.Generator) -> Table:
    """Return the galaxies with colours exchanged among those of equal magnitude.

    Each galaxy keeps its place and its i magnitude, and has colours and errors of one
    in the same bin of `BIN` in i.
    """
    i_mag = np.asarray(galaxies["MAG_I"], float)
    bins = np.floor(i_mag / BIN)
    own = np.lexsort([np.arange(len(bins)), bins])
    donor = np.empty(len(bins), int)
    donor[own] = np.lexsort([rng.random(len(bins)), bins])
    change, given = i_mag - i_mag[donor], galaxies.copy()
    for band in (name.upper() for name in SDSS_BANDS):
        given[f"MAG_{band}"] = np.asarray(galaxies[f"MAG_{band}"])[donor] + change
        given[f"MAG_ERR_{band}"] = np.asarray(galaxies[f"MAG_ERR_{band}"])[donor]
    return given


def sky(galaxies: Table, footprint: Footprint, name: str, seed: int) -> Table:
    """Return the galaxies of a sky by its name, as `sky_names.PATTERN` has it."""
    if name == REAL:
        return galaxies
    kind = name.rstrip("0123456789")
    rng = generator(seed, kind, int(name.removeprefix(kind)))
    if kind == "permuted":
        return permuted(galaxies, rng)
    return shuffled(galaxies, footprint, rng)
