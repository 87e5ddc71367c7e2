"""Fits of simulated galaxies against the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from skyloom.builder.model import COMPONENTS
from skyloom.stats.scatter import nmad


def recovery_tree(truths: Mapping[int, Mapping], tuned: Iterable[Mapping]) -> dict:
    """Return how the fits of simulated galaxies compare with the truth.

    Parameters
    ----------
    truths : mapping of int to mapping
        True models in JSON form, by subject.
    tuned : iterable of mapping
        Trees of ``tuned/<start>/<id>.json``.

    Returns
    -------
    dict
        ``n_galaxies``, and how many of them ``same_components``: fitted with the
        components and number of arms that they truly have. Of these, by parameter of
        disk, bulge and bar in ``parameters``: ``n``, ``bias`` (median of fit less
        truth), ``pull_median`` and ``pull_scatter`` (in units of the error; 0 and 1
        when right) and ``coverage`` of the 68 per cent intervals.
    """
    trees = list(tuned)
    same = [one for one in trees if _alike(one["model"], truths[one["subject_id"]])]
    rows = [row for one in same for row in _gaps(one, truths[one["subject_id"]])]
    table = pd.DataFrame(rows, columns=["name", "gap", "error"])
    return {
        "n_galaxies": len(trees),
        "same_components": len(same),
        "parameters": {name: _pulls(part) for name, part in table.groupby("name")},
    }


def _alike(model: Mapping | None, truth: Mapping) -> bool:
    """Whether two models have the same components and as many arms."""
    if model is None or len(model["spiral"]) != len(truth["spiral"]):
        return False
    return all((model[k] is None) == (truth[k] is None) for k in COMPONENTS)


def _gaps(fit: Mapping, truth: Mapping) -> list[tuple[str, float, float]]:
    """Return name, fit less truth, and error of each parameter that was free."""
    true = _parameters(truth)
    found = zip(fit["parameters"], fit["values"], fit["errors"], strict=True)
    return [
        (name, value - _near(name, true[name], value), error)
        for name, value, error in found
        if name in true and error > 0
    ]


def _parameters(model: Mapping) -> dict[str, float]:
    parts = {name: model[name] for name in COMPONENTS if model[name]}
    return {f"{k}.{f}": v for k, part in parts.items() for f, v in part.items()}


def _near(name: str, true: float, value: float) -> float:
    """Return the truth as seen from a fit: a roll is known modulo pi."""
    return true + np.pi * round((value - true) / np.pi) if "roll" in name else true


def _pulls(part: pd.DataFrame) -> dict:
    pull = part["gap"] / part["error"]
    return {
        "n": len(part),
        "bias": float(part["gap"].median()),
        "pull_median": float(pull.median()),
        "pull_scatter": float(nmad(pull)),
        "coverage": float((pull.abs() < 1).mean()),
    }
