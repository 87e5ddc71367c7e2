"""What is simulated: the mix of targets, their redshifts and magnitudes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.quasars.simulation.tables import columns

CLASSES = ("QSO", "GALAXY", "STAR", "JUNK")
FAMILIES = ("baldwin", "composite", "eigen")
REDSHIFTS = ("desi", "boss", "broad")
STEEPNESS = 0.35  # numbers grow as 10^(STEEPNESS m)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is simulated.

    Attributes
    ----------
    mix : tuple of float
        Shares of quasars, galaxies, stars and spoilt spectra (of all three). The
        default is what DESI's inspectors met among quasar targets (Alexander et al.
        2023).
    families : tuple of str
        Families of quasars, in equal shares: some of `FAMILIES`.
    templates : str or None
        Folder of redrock's ``rrtemplate-QSO-{LOZ,HIZ}-v1.1.fits[.gz]``, for eigen.
    redshifts : str
        One of `REDSHIFTS`.
    magnitudes : tuple of float
        Brightest and faintest AB magnitude over 4000 to 7000 Å.

    Raises
    ------
    ValueError
        For a value that cannot be.
    """

    mix: tuple[float, float, float, float] = (0.70, 0.16, 0.06, 0.08)
    families: tuple[str, ...] = ("baldwin", "composite")
    templates: str | None = None
    redshifts: str = "desi"
    magnitudes: tuple[float, float] = (18.5, 22.7)

    def __post_init__(self):
        for name, bad, wanted in self._checks():
            if bad:
                msg = f"{name} is {getattr(self, name)!r}: expected {wanted}"
                raise ValueError(msg)

    def _checks(self):
        four = len(self.mix) == len(CLASSES) and min(self.mix) >= 0
        known = set(self.families) <= set(FAMILIES) and len(self.families) > 0
        eigen = "eigen" in self.families
        return (
            ("mix", not (four and sum(self.mix) > 0), "four shares, not all zero"),
            ("families", not known, f"some of {FAMILIES}"),
            ("templates", eigen and not _folder(self.templates), "a folder, for eigen"),
            ("redshifts", self.redshifts not in REDSHIFTS, f"one of {REDSHIFTS}"),
            ("magnitudes", not _rising(self.magnitudes), "the brighter, the fainter"),
        )


def _folder(path) -> bool:
    return path is not None and Path(path).is_dir()


def _rising(pair) -> bool:
    return len(pair) == 2 and 10 < pair[0] < pair[1] < 30


def draw_redshifts(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw redshifts of quasars from one of `REDSHIFTS`, linear between its nodes."""
    z, density = columns(f"redshifts_{name}")
    fine = np.linspace(z[0], z[-1], 2000)
    total = np.cumsum(np.interp(fine, z, density))
    return np.interp(rng.random(n) * total[-1], total, fine)


def draw_magnitudes(
    low: float, high: float, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw magnitudes whose numbers grow as 10^(`STEEPNESS` m), shape (n,)."""
    k = STEEPNESS * np.log(10.0)
    return low + np.log1p(rng.random(n) * np.expm1(k * (high - low))) / k
