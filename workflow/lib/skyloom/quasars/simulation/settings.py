"""What is simulated: the mix of targets, their redshifts and magnitudes, the faults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

CLASSES = ("QSO", "GALAXY", "STAR", "JUNK")
FAMILIES = ("baldwin", "composite", "eigen")

# Redshift and relative number of quasars per unit redshift.
REDSHIFTS = {
    "desi": (
        (0.15, 0.03), (0.5, 0.18), (0.8, 0.42), (1.2, 0.75), (1.5, 0.80), (1.8, 0.70),
        (2.1, 0.62), (2.4, 0.48), (2.8, 0.30), (3.2, 0.15), (3.6, 0.07), (4.2, 0.025),
        (5.2, 0.006),
    ),
    "boss": (
        (0.25, 0.05), (0.6, 0.22), (0.8, 0.30), (1.1, 0.18), (1.6, 0.30), (1.95, 0.35),
        (2.2, 1.0), (2.4, 1.15), (2.7, 0.80), (3.1, 0.50), (3.5, 0.18), (4.2, 0.05),
        (5.2, 0.01),
    ),
    "broad": (
        (0.15, 0.15), (0.5, 0.40), (1.0, 0.70), (2.0, 0.85), (2.5, 0.85), (3.2, 0.50),
        (4.0, 0.18), (5.5, 0.04),
    ),
}  # fmt: skip


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
        Families of quasars, in equal shares: ``baldwin``, ``composite``, ``eigen``.
    templates : str or None
        Folder of redrock's ``rrtemplate-QSO-{LOZ,HIZ}-v1.1.fits[.gz]``, for eigen.
    redshifts : str
        ``desi``, ``boss`` or ``broad``, a key of `REDSHIFTS`.
    magnitudes : tuple of float
        Brightest and faintest AB magnitude over 4000 to 7000 Å.
    steepness : float
        Numbers grow as 10^(steepness m).
    bal, dla : float
        Fractions of quasars with broad and with damped absorption.
    depth : float
        Multiplies the noise of the instrument.

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
    steepness: float = 0.35
    bal: float = 0.12
    dla: float = 0.08
    depth: float = 1.0

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
            ("redshifts", self.redshifts not in REDSHIFTS, f"one of {set(REDSHIFTS)}"),
            ("magnitudes", not _rising(self.magnitudes), "the brighter, the fainter"),
            ("bal", not 0 <= self.bal <= 1, "a fraction"),
            ("dla", not 0 <= self.dla <= 1, "a fraction"),
            ("depth", not self.depth > 0, "a positive factor"),
        )


def _folder(path) -> bool:
    return path is not None and Path(path).is_dir()


def _rising(pair) -> bool:
    return len(pair) == 2 and 10 < pair[0] < pair[1] < 30


def draw_redshifts(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw redshifts of quasars from a table of `REDSHIFTS`, linear between nodes."""
    z, density = np.array(REDSHIFTS[name]).T
    fine = np.linspace(z[0], z[-1], 2000)
    total = np.cumsum(np.interp(fine, z, density))
    return np.interp(rng.random(n) * total[-1], total, fine)


def draw_magnitudes(settings: Settings, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw magnitudes whose numbers grow as 10^(steepness m), shape (n,)."""
    low, high = settings.magnitudes
    k = settings.steepness * np.log(10.0)
    if abs(k) < 1e-9:
        return rng.uniform(low, high, n)
    return low + np.log1p(rng.random(n) * np.expm1(k * (high - low))) / k
