"""The crowd's parameters from real volunteers, by moments and quantile matching.

`fit_crowd` turns volunteers' drawings and the galaxies they looked at into the plain
dict that `skyloom.builder.crowd` draws from (``resources/builder_crowd.json``).
Reproduce it with ``python -m skyloom.builder.crowd_fit MODELS_FOLDER OUTPUT.json
[DUPLICATES.csv]``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from skyloom.builder import crowd_tables as tables
from skyloom.builder.crowd_measure import (
    SLIDERS,
    Seen,
    measure_strokes,
    measure_volunteer,
)
from skyloom.builder.model import COMPONENTS, Model

# A drawing of a component is on its target, off it, or of nothing the crowd sees.
STATES = ("on", "off", "unseen")
ROUNDNESS = (0.6, 0.75, 0.88)  # edges of the reference's q, for untouched ellipses
_ON = ("size", "dx", "dy", "along", "across")
_BAR_ON = ("size", "dx", "dy", "q", "turn")
_OFF = ("size", "distance", "q", "turn")
_FOLLOWING = ("points", "inner", "outer", "lift", "tilt", "jitter", "memory")
_FREE = ("points", "start", "end", "sweep", "jitter", "memory")
MAX_STROKES = 20
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
    factors = tables.fit_factors(answers)
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


def flags(volunteers: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the yes/no answers of volunteers: 1, 0, NaN where not asked.

    Returns
    -------
    dict of str to ndarray, shape (n_volunteers,)
        ``<component>.drawn, .on, .default`` (bar: ``.aligned`` too), ``arms.drawn``
        and ``touched.<slider>``.
    """
    answers = {}
    for name in COMPONENTS:
        for field in ("drawn", "on", "default", *["aligned"] * (name == "bar")):
            answers[f"{name}.{field}"] = volunteers[f"{name}.{field}"].to_numpy(float)
    answers["arms.drawn"] = (volunteers["arms"] > 0).to_numpy(float)
    for column in volunteers.filter(like="slider.").columns:
        values = volunteers[column].to_numpy(float)
        _, part, slider = column.split(".")
        moved = np.abs(values - SLIDERS[part][slider]) > 1e-6
        answers[f"touched.{part}.{slider}"] = np.where(
            np.isfinite(values), moved, np.nan
        )
    return answers


def conditions(volunteers: pd.DataFrame, answer: str) -> np.ndarray:
    """Return under which condition each volunteer gave an answer, shape (n,), str.

    A component is drawn more often where the crowd sees one, arms where there are
    more of them, an ellipse is left at the tool's axis ratio more often where that
    fits.
    """
    name, field = answer.rsplit(".", 1)
    if answer == "arms.drawn":
        return np.array([str(int(k)) for k in volunteers["ref.arms"].clip(upper=3)])
    if field == "drawn":
        seen = volunteers[f"{name}.seen"] == 1
        return np.where(seen, "seen", "unseen")
    if field == "default":
        return default_condition(state(volunteers, name), volunteers["ref.q"], name)
    if answer == "bar.on":
        return np.where(volunteers["bar.aligned"] == 1, "aligned", "free")
    return np.full(len(volunteers), "all")


def state(volunteers: pd.DataFrame, name: str) -> np.ndarray:
    """Return "on", "off" or "unseen" for each volunteer's component, shape (n,)."""
    on = volunteers[f"{name}.on"]
    return np.where(on == 1, "on", np.where(on == 0, "off", "unseen"))


def default_condition(states, q, name: str) -> np.ndarray:
    """Return the condition of an untouched ellipse: the state and, on a disk, q."""
    bins = np.digitize(q, ROUNDNESS)
    states = np.asarray(states)
    if name != "disk":
        return states
    return np.array(
        [f"on{b}" if s == "on" else s for s, b in zip(states, bins, strict=True)]
    )


def fit_rates(volunteers: pd.DataFrame, answers: Mapping) -> dict:
    """Fit the probit rate of every answer under every condition it occurs in.

    Returns
    -------
    dict
        ``{answer: {condition: [mu, tau]}}``.
    """
    rates = {}
    for answer, values in answers.items():
        frame = pd.DataFrame({"yes": values, "subject": volunteers["subject"]})
        frame["condition"] = conditions(volunteers, answer)
        rates[answer] = {
            condition: _rate(part)
            for condition, part in frame.dropna().groupby("condition")
        }
    return rates


def _rate(part: pd.DataFrame) -> list[float]:
    groups = part.groupby("subject")["yes"]
    return tables.fit_rate(groups.sum().to_numpy(), groups.count().to_numpy())


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
    on = _BAR_ON if name == "bar" else _ON
    groups = {}
    for key in STATES:
        here = states == key
        fields = on if key == "on" else _OFF
        groups[key] = (here & ~default, fields)
        groups[f"{key}.default"] = (
            here & default,
            tuple(f for f in fields if f != "q"),
        )
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
        moved = values[np.abs(values - SLIDERS[part][slider]) > 1e-6]
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


def fit_strokes(volunteers: pd.DataFrame, strokes: pd.DataFrame) -> dict:
    """Fit how many strokes are drawn, which arms they follow, and their shapes.

    Returns
    -------
    dict
        ``arm`` probit rate that a given seen arm is followed by somebody who draws
        strokes; ``repeats`` chance of one more stroke on the same arm; ``n_free``
        chances of 0, 1, ... free strokes beside strokes that follow ("some") or
        alone ("none"); ``following``, ``free`` tables; ``outwards``, ``mirrored``,
        ``crosses`` (free, following) chances.
    """
    following, free = strokes[strokes["arm"] >= 0], strokes[strokes["arm"] < 0]
    long = free.dropna(subset=["jitter"])
    return {
        **_counts(volunteers, strokes),
        "following": tables.fit_table({f: following[f] for f in _FOLLOWING}),
        "free": tables.fit_table(
            {f: _filled(free[f], long[f]) for f in _FREE},
        ),
        "outwards": _round(following["outwards"].mean()),
        "mirrored": _mirrored(free),
        "crosses": [_round(free["crosses"].mean()), _round(following["crosses"].mean())],
    }


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
        "repeats": _round(1 - len(per_arm) / max(len(following), 1)),
        "n_free": _free_counts(drawers, strokes),
    }


def _free_counts(drawers: pd.DataFrame, strokes: pd.DataFrame) -> dict:
    total = drawers["arms"].astype(int)
    follow = strokes[strokes["arm"] >= 0].groupby("volunteer").size()
    follow = follow.reindex(total.index, fill_value=0)
    free = (total - follow).clip(upper=MAX_STROKES)
    found = {}
    for key, chosen in (("some", follow > 0), ("none", follow == 0)):
        counts = np.bincount(free[chosen], minlength=MAX_STROKES + 1)
        found[key] = _round(counts / max(counts.sum(), 1))
    return found


def _mirrored(free: pd.DataFrame) -> float:
    """How often a stroke starts opposite the one before, beyond chance."""
    angle = free.groupby("volunteer")["angle"].diff().dropna()
    opposite = np.abs(np.angle(np.exp(1j * (angle - np.pi)))) < 0.5
    chance = 1 / (2 * np.pi)
    return _round(max(0.0, (opposite.mean() - chance) / (1 - chance)))


def _round(values):
    return np.round(values, _TOUCH_DIGITS).tolist()
