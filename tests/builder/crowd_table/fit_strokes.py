"""How many strokes volunteers draw, along which arms, and of which shapes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crowd_table import tables

_FOLLOWING = ("points", "inner", "outer", "lift", "tilt", "jitter", "memory")
_FREE = ("points", "start", "end", "sweep", "jitter", "memory")
MAX_STROKES = 20
_DIGITS = 5


def fit_strokes(volunteers: pd.DataFrame, strokes: pd.DataFrame) -> dict:
    """Fit how many strokes are drawn, which arms they follow, and their shapes.

    Returns
    -------
    dict
        ``arm`` probit rate that a given seen arm is followed by somebody who draws
        strokes, ``together`` the latent correlation of two arms of a galaxy in this;
        ``repeats`` chance of one more stroke on the same arm; ``n_free`` chances of
        0, 1, ... free strokes beside 0, 1, or 2 and more that follow; ``following``,
        ``free`` tables; ``outwards``, ``mirrored``, ``crosses`` (free, following)
        chances.
    """
    following, free = strokes[strokes["arm"] >= 0], strokes[strokes["arm"] < 0]
    long = free.dropna(subset=["jitter"])
    return {
        **_counts(volunteers, strokes),
        "following": _stroke_table({f: following[f] for f in _FOLLOWING}, following),
        "free": _stroke_table({f: _filled(free[f], long[f]) for f in _FREE}, free),
        "outwards": _round(following["outwards"].mean()),
        "mirrored": _mirrored(free),
        "crosses": [
            _round(free["crosses"].mean()),
            _round(following["crosses"].mean()),
        ],
    }


def _stroke_table(columns: Mapping, strokes: pd.DataFrame) -> dict:
    """Fit a table of strokes and how alike those of a volunteer are (``shared``)."""
    who = strokes["volunteer"].to_numpy()
    alike = [tables.likeness(np.asarray(v, float), who) for v in columns.values()]
    return tables.fit_table(columns) | {"shared": _round(np.array(alike))}


def _filled(values: pd.Series, known: pd.Series) -> np.ndarray:
    """Values with the middle of the known ones where they have no meaning."""
    return values.fillna(known.median()).to_numpy()


def _counts(volunteers: pd.DataFrame, strokes: pd.DataFrame) -> dict:
    drawers = volunteers[(volunteers["arms"] > 0)]
    following = strokes[strokes["arm"] >= 0]
    per_arm = following.groupby(["volunteer", "arm"]).size()
    yes = per_arm.reset_index().merge(
        volunteers[["subject"]], left_on="volunteer", right_index=True
    )
    yes = yes.groupby(["subject", "arm"]).size()
    asked = drawers.groupby("subject").size()
    arms = drawers.groupby("subject")["ref.arms"].first().astype(int)
    pairs = [(s, a) for s in arms.index for a in range(arms[s])]
    rate = tables.fit_rate(
        [yes.get(pair, 0) for pair in pairs], [asked[s] for s, _ in pairs]
    )
    return {
        "arm": rate,
        "together": _together(drawers, following),
        "repeats": _round(1 - len(per_arm) / max(len(following), 1)),
        "n_free": _free_counts(drawers, strokes),
    }


def _free_counts(drawers: pd.DataFrame, strokes: pd.DataFrame) -> dict:
    total = drawers["arms"].astype(int)
    follow = strokes[strokes["arm"] >= 0].groupby("volunteer").size()
    follow = follow.reindex(total.index, fill_value=0)
    free = (total - follow).clip(upper=MAX_STROKES)
    found = {}
    for key in range(3):
        chosen = follow.clip(upper=2) == key
        counts = np.bincount(free[chosen], minlength=MAX_STROKES + 1)
        found[str(key)] = _round(counts / max(counts.sum(), 1))
    return found


def _together(drawers: pd.DataFrame, following: pd.DataFrame) -> float:
    """Latent correlation of following a galaxy's first and second seen arm."""
    asked = drawers.index[drawers["ref.arms"] >= 2]
    first, second = (
        asked.isin(following.loc[following["arm"] == arm, "volunteer"]).astype(float)
        for arm in (0, 1)
    )
    return _round(max(0.0, tables.tetrachoric(first, second)))


def _mirrored(free: pd.DataFrame) -> float:
    """How often a stroke starts opposite the one before, beyond chance."""
    angle = free.groupby("volunteer")["angle"].diff().dropna()
    opposite = np.abs(np.angle(np.exp(1j * (angle - np.pi)))) < 0.5
    chance = 1 / (2 * np.pi)
    return _round(max(0.0, (opposite.mean() - chance) / (1 - chance)))


def _round(values):
    return np.round(values, _DIGITS).tolist()
