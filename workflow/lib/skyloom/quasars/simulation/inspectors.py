"""Simulated inspection: people who are right more often where there is signal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.quasars.inputs import INSPECTORS
from skyloom.quasars.simulation.frame import LIGHT

# Class: S/N per pixel at which half of it is evident.
_HALF = {"QSO": 0.8, "GALAXY": 1.1, "STAR": 1.2, "": 1.2}
_SHARPNESS = 0.16  # dex
_BLUNDER = 0.005  # of evident spectra
_AGREE = 250.0  # km/s, scatter of redshifts of the same person's right answers
_CONFUSED = (1215.67, 1549.06, 1908.73, 2798.75, 4862.68)  # Å, taken for one another


def inspect(
    truth: pd.DataFrame, sn: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Let people look at spectra; each target is seen by two or three of them.

    The first two of a rotating order look, and the third where they disagree on the
    class, or by 1000 km/s, or where their mean quality lies between 1.5 and 3.

    `truth` has `targetid`, `z`, `klass`; `sn` (n,) is the median signal to noise per
    pixel of all that was observed.

    Returns
    -------
    DataFrame
        TARGETID, VI_Z (NaN where they gave up), VI_QUALITY (0 to 4), VI_CLASS (BAD
        where they gave up), VI_BY; ordered by person and target.
    """
    skill = rng.normal(0, 0.05, len(INSPECTORS))
    views = [
        _answers(truth, sn, own, rng).assign(VI_BY=name)
        for own, name in zip(skill, INSPECTORS, strict=True)
    ]
    turn = np.arange(len(truth))
    first, second, third = (_choose(views, (turn + k) % len(views)) for k in range(3))
    shown = [first, second, third[_doubtful(first, second)]]
    return pd.concat(shown).sort_values(["VI_BY", "TARGETID"], ignore_index=True)


def evident(truth: pd.DataFrame, sn: np.ndarray, skill: float = 0.0) -> np.ndarray:
    """Return the probability that a person sees what each target is, shape (n,)."""
    half = np.array([_HALF[k] for k in truth["klass"]])
    dex = np.log10(np.maximum(sn, 1e-3) / half) + skill
    return (1 - _BLUNDER) / (1 + np.exp(-dex / _SHARPNESS * 1.7))


def _choose(views, turn) -> pd.DataFrame:
    parts = [view[turn == k] for k, view in enumerate(views)]
    return pd.concat(parts).sort_index()


def _doubtful(first, second) -> np.ndarray:
    speed = LIGHT * np.abs(first["VI_Z"] - second["VI_Z"]) / (1 + first["VI_Z"])
    quality = 0.5 * (first["VI_QUALITY"] + second["VI_QUALITY"])
    other = first["VI_CLASS"] != second["VI_CLASS"]
    return (other | (speed > 1000) | quality.between(1.5, 3)).to_numpy()


def _answers(truth, sn, skill, rng) -> pd.DataFrame:
    n = len(truth)
    chance = evident(truth, sn, skill)
    right = rng.random(n) < chance
    klass = truth["klass"].to_numpy(dtype=object)
    z = truth["z"].to_numpy(dtype=float)
    told = z + rng.normal(0, _AGREE, n) / LIGHT * (1 + z)
    wrong_class, wrong_z = _mistaken(klass, z, rng)
    klass = np.where(right, klass, wrong_class)
    told = np.where(right, told, wrong_z)
    quality = np.rint(4.4 * chance - 1.2 * ~right + rng.normal(0, 0.45, n)).clip(0, 4)
    quality = np.where(klass == "", np.minimum(quality, 1), quality)
    bad = (klass == "") | (quality == 0)
    return pd.DataFrame(
        {
            "TARGETID": truth["targetid"].to_numpy(),
            "VI_Z": np.where(bad, np.nan, np.round(told, 5)),
            "VI_QUALITY": quality,
            "VI_CLASS": np.where(bad, "BAD", klass),
        }
    )


def _mistaken(klass, z, rng):
    """Return wrong classes and redshifts: another line, another class, or no idea."""
    n = len(klass)
    lines = np.array(_CONFUSED)
    ratio = lines[rng.integers(0, 5, n)] / lines[rng.integers(0, 5, n)]
    other = (1 + np.nan_to_num(z)) * ratio - 1
    quasar = klass == "QSO"
    stays = quasar & (rng.random(n) < 0.5) & (other > 0.05) & (other < 5)
    guess = rng.choice(np.array(["STAR", "GALAXY", "QSO", ""], dtype=object), n)
    new = np.where(stays, "QSO", guess)
    random_z = np.where(
        new == "QSO", rng.uniform(0.3, 3.5, n), rng.uniform(0.05, 1.4, n)
    )
    new_z = np.where(stays, other, np.where(new == "STAR", 0.0, random_z))
    return new, new_z
