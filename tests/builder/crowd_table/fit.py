"""The crowd's parameters from real volunteers, by moments and quantile matching.

`fit_crowd` turns volunteers' drawings and the galaxies they looked at into the plain
dict that `skyloom.builder.simulation.crowd` draws from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats
from skyloom.builder.model import COMPONENTS, Model
from skyloom.builder.simulation.crowd import DEFAULTS, Seen

from crowd_table import tables
from crowd_table.answers import fit_rates, flags, state, unconditioned
from crowd_table.fit_strokes import fit_strokes
from crowd_table.measure import measure_strokes, measure_volunteer

_ON = ("size", "distance", "along", "across")
_OFF = ("size", "distance", "q", "turn")
_DEFAULT = ("size", "distance", "turn")
N_FACTORS = 6
_TOUCH_DIGITS = 5

# The decoded drawings do not tell these sliders: chance of being moved, as counted in
# the raw classifications of subject 40216827 (6, 3 and 0 of 12; 6 of 16 strokes).
RAW_MOVED = {"disk.scale": 0.5, "bulge.scale": 0.25, "bar.scale": 0.05}
RAW_MOVED |= {"arm.spread": 0.35}
_RAW_SCATTER = 0.45  # of ln(slider), same source

Subject = tuple[Seen, Sequence[Model]]


def in_fit_half(galaxy: object) -> bool:
    """Tell whether a galaxy belongs to the half that parameters are fitted to.

    Parameters
    ----------
    galaxy : int or str
        The identifier; subjects that repeat a galaxy share its identifier, so that
        no galaxy is on both sides.
    """
    digest = hashlib.sha256(str(galaxy).encode()).hexdigest()
    return int(digest, 16) % 2 == 0


def measure_crowd(subjects: Iterable[Subject]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure every drawing of every subject.

    Parameters
    ----------
    subjects : iterable of (Seen, sequence of Model)
        Each galaxy with what its volunteers drew.

    Returns
    -------
    volunteers : DataFrame
        One row a volunteer: `measure_volunteer` and ``subject``, ``ref.q``,
        ``ref.arms``.
    strokes : DataFrame
        One row a stroke: `Stroke.values`, ``arm``, ``subject``, ``volunteer``.
    """
    rows, lines = [], []
    for subject, (seen, models) in enumerate(subjects):
        about = {
            "subject": subject,
            "ref.q": seen.model.disk.q,
            "ref.Re": np.log(seen.model.disk.Re / seen.size),
            "ref.arms": float(len(seen.model.spiral)),
        }
        for model in models:
            keys = {"subject": subject, "volunteer": len(rows)}
            found = measure_strokes(model, seen)
            lines += [keys | {"arm": s.arm} | s.values for s in found]
            rows.append(about | measure_volunteer(model, seen))
    return pd.DataFrame(rows), pd.DataFrame(lines)


def fit_crowd(subjects: Iterable[Subject]) -> dict:
    """Fit the crowd's parameters.

    Parameters
    ----------
    subjects : iterable of (Seen, sequence of Model)
        Each galaxy, as the crowd's aggregate, with what its volunteers drew.

    Returns
    -------
    dict
        ``factors`` (loadings of the yes/no answers on latent skill), ``rates``
        (probit mean and subject-to-subject scatter of each answer), ``shapes``
        (tables of the differences), ``sliders`` (tables of moved sliders),
        ``strokes``, ``n_subjects``, ``n_volunteers``.

    Notes
    -----
    The aggregate is the average of about k drawings on target, so differences from
    it are too small by sqrt(1 - 1/k): they are widened by the inverse.
    """
    volunteers, strokes = measure_crowd(subjects)
    volunteers = widened(volunteers)
    answers = flags(volunteers)
    factors = tables.fit_factors(unconditioned(answers), N_FACTORS)
    return {
        "factors": factors | raw_factors(factors),
        "rates": fit_rates(volunteers, answers) | raw_rates(),
        "shapes": fit_shapes(volunteers),
        "sliders": fit_sliders(volunteers) | raw_sliders(),
        "strokes": fit_strokes(volunteers, strokes),
        "n_subjects": int(volunteers["subject"].nunique()),
        "n_volunteers": len(volunteers),
    }


def widened(volunteers: pd.DataFrame) -> pd.DataFrame:
    """Undo the shrinkage of differences from an average of the same drawings.

    Source: Var(x - mean of k) = sigma^2 (1 - 1/k) for one of the k drawings.
    """
    wide = volunteers.copy()
    for name in COMPONENTS:
        on = wide[f"{name}.on"] == 1
        k = on.groupby(wide["subject"]).transform("sum").clip(lower=2)
        factor = np.where(on, 1 / np.sqrt(1 - 1 / k), 1.0)
        for field in ("size", "dx", "dy", "along", "across", "turn"):
            wide[f"{name}.{field}"] *= factor
    return wide


def fit_shapes(volunteers: pd.DataFrame) -> dict:
    """Fit the tables of differences: ``{component: {state: table}}``.

    Drawings on target are described about their target; the others by size,
    distance, axis ratio and turn, apart for untouched ellipses ("off.default").
    """
    shapes: dict[str, dict] = {}
    for name in COMPONENTS:
        states = state(volunteers, name)
        drawn = (volunteers[f"{name}.drawn"] == 1).to_numpy()
        default = (volunteers[f"{name}.default"] == 1).to_numpy()
        groups = _shape_groups(name, states, default)
        found = {
            key: _table(volunteers[drawn & chosen], name, fields)
            for key, (chosen, fields) in groups.items()
        }
        shapes[name] = {k: v for k, v in found.items() if v is not None}
    return shapes


def _shape_groups(name: str, states: np.ndarray, default: np.ndarray) -> dict:
    groups = {}
    for key in np.unique(states):
        here = states == key
        fields = _ON if key.startswith("on") and name != "bar" else _OFF
        groups[str(key)] = (here & ~default, fields)
        groups[f"{key}.default"] = (here & default, _DEFAULT)
    return groups


def _table(rows: pd.DataFrame, name: str, fields: Sequence[str]) -> dict | None:
    if len(rows) < 10:
        return None
    return tables.fit_table({f: rows[f"{name}.{f}"].to_numpy() for f in fields})


def fit_sliders(volunteers: pd.DataFrame) -> dict:
    """Fit where sliders are left once they have been moved: one table a slider."""
    found = {}
    for column in volunteers.filter(like="slider.").columns:
        _, part, slider = column.split(".")
        values = volunteers[column].dropna().to_numpy(float)
        moved = values[np.abs(values - DEFAULTS[part][slider]) > 1e-6]
        found[f"{part}.{slider}"] = tables.fit_table({"value": moved})
    return found


def raw_rates() -> dict:
    """Rates of the sliders that only raw classifications show (`RAW_MOVED`)."""
    return {
        f"touched.{name}": {"all": [_round(stats.norm.ppf(rate)), 0.0]}
        for name, rate in RAW_MOVED.items()
    }


def raw_factors(factors: Mapping) -> dict:
    """Their loadings: the mean of those of the sliders that could be fitted."""
    moved = [row for name, row in factors.items() if name.startswith("touched.")]
    return {f"touched.{name}": _round(np.mean(moved, axis=0)) for name in RAW_MOVED}


def raw_sliders() -> dict:
    """Where they are left: log-normal about 1, between 0 and 2."""
    places = np.exp(_RAW_SCATTER * stats.norm.ppf(np.linspace(0.005, 0.995, 200)))
    table = tables.fit_table({"value": np.clip(places, 0, 2)})
    return dict.fromkeys(RAW_MOVED, table)


def _round(values):
    return np.round(values, _TOUCH_DIGITS).tolist()
