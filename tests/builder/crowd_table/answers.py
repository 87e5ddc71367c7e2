"""The yes/no answers of volunteers, the conditions they depend on, and their rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from skyloom.builder.model import COMPONENTS
from skyloom.builder.simulation.crowd import DEFAULTS, state_of

from crowd_table import tables


def flags(volunteers: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the yes/no answers of volunteers: 1, 0, NaN where not asked.

    Returns
    -------
    dict of str to ndarray, shape (n_volunteers,)
        ``blank`` (nothing drawn at all: all other answers are then not asked),
        ``<component>.drawn, .on, .aligned``; ``.default`` (the tool's own axis ratio)
        of those on target and ``.stray`` of the others; ``arms.drawn`` and
        ``touched.<slider>``.
    """
    drawn = [volunteers[f"{name}.drawn"] for name in COMPONENTS]
    blank = sum(drawn, volunteers["arms"]).to_numpy() == 0
    answers = {"blank": blank.astype(float)}
    for name in COMPONENTS:
        for field in ("drawn", "on", "aligned"):
            values = volunteers[f"{name}.{field}"].to_numpy(float)
            answers[f"{name}.{field}"] = np.where(blank, np.nan, values)
        default, on = (volunteers[f"{name}.{f}"].to_numpy() for f in ("default", "on"))
        answers[f"{name}.default"] = np.where(on == 1, default, np.nan)
        answers[f"{name}.stray"] = np.where(on == 1, np.nan, default)
    strokes = (volunteers["arms"] > 0).to_numpy(float)
    answers["arms.drawn"] = np.where(blank, np.nan, strokes)
    for column in volunteers.filter(like="slider.").columns:
        values = volunteers[column].to_numpy(float)
        _, part, slider = column.split(".")
        moved = np.abs(values - DEFAULTS[part][slider]) > 1e-6
        answers[f"touched.{part}.{slider}"] = np.where(
            np.isfinite(values), moved, np.nan
        )
    return answers


def unconditioned(answers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the answers to correlate, each about one state only.

    Whether bars are on target has its own rate for axis-aligned ones; correlating
    the two answers as well would count that twice.
    """
    free = answers["bar.aligned"] == 0
    return dict(answers) | {"bar.on": np.where(free, answers["bar.on"], np.nan)}


def conditions(volunteers: pd.DataFrame, answer: str) -> np.ndarray:
    """Return under which condition each volunteer gave an answer, shape (n,), str.

    A component is drawn more often where the crowd sees one, arms where there are
    more of them; an ellipse is left at the tool's axis ratio more often where that
    fits; sliders of what the crowd sees are moved more.
    """
    name, _, field = answer.rpartition(".")
    if answer == "arms.drawn":
        return np.array([str(int(k)) for k in volunteers["ref.arms"].clip(upper=3)])
    part = name.rpartition(".")[2]
    if field == "drawn" or (name.startswith("touched") and part in ("bulge", "bar")):
        seen = volunteers[f"{part}.seen"] == 1
        return np.where(seen, "seen", "unseen")
    if field in ("default", "stray"):
        return state(volunteers, name)
    if answer == "bar.on":
        return np.where(volunteers["bar.aligned"] == 1, "aligned", "free")
    return np.full(len(volunteers), "all")


def state(volunteers: pd.DataFrame, name: str) -> np.ndarray:
    """Return the state of each volunteer's component, shape (n,), see `state_of`."""
    on, around = (volunteers[f"{name}.{field}"] for field in ("on", "around"))
    pairs = zip(on, around, strict=True)
    return np.array([state_of(name, hit, q) for hit, q in pairs])


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
