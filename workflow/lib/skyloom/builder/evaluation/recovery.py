"""The catalogue's quantities against the truth of simulated galaxies.

All galaxies count, whichever components were chosen for them, apart by whether the
galaxy has light that the model cannot describe. A component's share of the light is
compared where it is both there and chosen; whether it is there is `presence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import optimize

from skyloom.builder.evaluation.repeatability import presence
from skyloom.builder.evaluation.statistics import LEVEL
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import from_dict
from skyloom.run.seeds import rng
from skyloom.stats.bootstrap import bootstrap
from skyloom.stats.calibration import Forecast, brier, calibration_error, reliability
from skyloom.stats.intervals import one_share
from skyloom.stats.scatter import nmad

PARTS = ("bulge", "bar", "spiral")
PITCHES = {"pitch": "", "pitch.crowd": "_crowd", "pitch.fit": "_fit"}
NEAR = 0.25  # disk Re: an arm farther off is another arm
_POGSON = 2.5 / np.log(10)


def recovery_tree(truths: Mapping[int, Mapping], models: Iterable[Mapping], seed: int):
    """Return how the models of simulated galaxies compare with the truth.

    Parameters
    ----------
    truths : mapping of int to mapping
        Trees of ``truth/<chunk>.json``, by subject.
    models : iterable of mapping
        Trees of ``models/<id>.json``.
    seed : int
        Of the bootstraps.

    Returns
    -------
    dict
        ``n_galaxies``, ``n_fitted``, and how many of these have the
        ``same_components`` and number of arms that they truly have; then of ``all``
        galaxies, those ``inside`` the model and those with light ``beyond`` it:

        * ``quantities``: by name (sizes in px, ``mag``, fractions, pitch angles in deg:
          the one estimate, the crowd's and the fit's) ``n``, ``bias`` (median of model
          less truth, with its 95 % interval), ``scatter``, ``pull_median`` and
          ``pull_scatter`` (in units of the error; 0 and 1 when right), ``coverage`` of
          the 68 per cent intervals (a share with its own 68 % interval);
        * ``presence``: by component `presence` of truth (first) and choice (second),
          and of its probability the Brier score beside the base rate's, the expected
          calibration error and the reliability;
        * ``arms``: shares of true arms found, of chosen arms that are true, of those
          with the right handedness, and of galaxies with as many arms as they have.
    """
    trees = list(models)
    fitted = [(truths[t["subject_id"]], t) for t in trees if t["model"] is not None]
    groups = {
        "all": fitted,
        "inside": [pair for pair in fitted if not pair[0]["beyond"]],
        "beyond": [pair for pair in fitted if pair[0]["beyond"]],
    }
    return {
        "n_galaxies": len(trees),
        "n_fitted": len(fitted),
        "same_components": sum(_alike(t["model"], true["model"]) for true, t in fitted),
        **{
            name: _group(pairs, rng(seed, "recovery", name))
            for name, pairs in groups.items()
        },
    }


def _group(pairs: list, draws: np.random.Generator) -> dict:
    matches = [_matched(true["model"], tree["model"]) for true, tree in pairs]
    rows = [row for true, tree in pairs for row in _gaps(true, tree)]
    for (true, tree), match in zip(pairs, matches, strict=True):
        rows += _pitches(true["model"]["spiral"], tree["arms"], match)
    table = pd.DataFrame(rows, columns=["name", "gap", "error"]).dropna()
    table = table[table["error"] > 0]
    return {
        "n_galaxies": len(pairs),
        "quantities": {k: _pulls(t, draws) for k, t in table.groupby("name")},
        "presence": {part: _presence(part, pairs, draws) for part in PARTS},
        "arms": _arms(pairs, matches),
    }


def _alike(model: Mapping, truth: Mapping) -> bool:
    same = all(bool(model[k]) == bool(truth[k]) for k in ("disk", *PARTS))
    return same and len(model["spiral"]) == len(truth["spiral"])


def _gaps(truth: Mapping, tree: Mapping) -> Iterator[tuple[str, float, float]]:
    """Yield name, model less truth, and error of what both have."""
    mean = tree["mean"]
    found = zip(mean["values"], mean["errors"], strict=True)
    known = dict(zip(mean["names"], found, strict=True))
    light = truth["flux"]
    shapes = {"disk.Re": truth["half_light"], "disk.q": truth["model"]["disk"]["q"]}
    for part in ("bulge", "bar"):
        for key in ("Re", "q", "n") if truth["model"][part] else ():
            shapes[f"{part}.{key}"] = truth["model"][part][key]
    for name in shapes.keys() & known.keys():
        value, error = known[name]
        yield name, value - shapes[name], error
    value, error = known["flux.total"]
    if value > 0:
        yield "mag", -_POGSON * np.log(value / light["total"]), _POGSON * error / value
    for part in PARTS:
        name = f"fraction.{part}"
        if name in known and part in light:
            value, error = known[name]
            yield name, value - light[part] / light["total"], error


def _matched(truth: Mapping, model: Mapping) -> list[tuple[int, int]]:
    """Return pairs of true and chosen arms that lie on one another on the sky."""
    if not truth["spiral"] or not model["spiral"]:
        return []
    true, found = _lines(truth), _lines(model)
    apart = np.array([[_distance(line, on) for line in found] for on in true])
    rows, columns = optimize.linear_sum_assignment(apart)
    near = apart[rows, columns] < NEAR * truth["disk"]["Re"]
    return [(int(i), int(j)) for i, j in zip(rows[near], columns[near], strict=True)]


def _lines(tree: Mapping) -> list[np.ndarray]:
    model = from_dict(tree)
    return [log_spiral(model.disk, arm)[0] for arm in model.spiral]


def _distance(line: np.ndarray, on: np.ndarray) -> float:
    """Return the mean distance [px] of the points of one line from another."""
    gap = line[:, None] - on[None]
    return float(np.hypot(gap[..., 0], gap[..., 1]).min(axis=1).mean())


def _pitches(true: list, arms: list, match: list) -> Iterator[tuple]:
    for i, j in match:
        for name, suffix in PITCHES.items():
            value, error = (
                arms[j].get(f"pitch_angle{suffix}{e}") for e in ("", "_err")
            )
            if value is not None and error is not None:
                yield name, value - abs(true[i]["phi"]), error


def _pulls(part: pd.DataFrame, draws: np.random.Generator) -> dict:
    gap, pull = part["gap"].to_numpy(), (part["gap"] / part["error"]).to_numpy()
    return {
        "n": len(gap),
        "bias": bootstrap(np.median, gap, draws),
        "scatter": float(nmad(gap)),
        "pull_median": float(np.median(pull)),
        "pull_scatter": float(nmad(pull)),
        "coverage": one_share((np.abs(pull) < 1).sum(), len(pull), LEVEL),
    }


def _presence(part: str, pairs: list, draws: np.random.Generator) -> dict:
    true = np.array([bool(truth["model"][part]) for truth, _ in pairs], bool)
    chosen = np.array([bool(tree["model"][part]) for _, tree in pairs], bool)
    said = np.array([tree["probability"].get(part, 0.0) for _, tree in pairs], float)
    told = Forecast(said, true, np.arange(len(true)))
    if not pairs:
        return {"n": 0}
    return {"n": len(true), **presence(true, chosen)} | {
        "brier": brier(told, draws),
        "calibration_error": calibration_error(told, draws),
        "reliability": reliability(told).to_dict("records"),
    }


def _arms(pairs: list, matches: list) -> dict:
    true = [truth["model"]["spiral"] for truth, _ in pairs]
    found = [tree["model"]["spiral"] for _, tree in pairs]
    both = [
        (arms[i]["phi"], others[j]["phi"])
        for arms, others, match in zip(true, found, matches, strict=True)
        for i, j in match
    ]
    same = sum(np.sign(a) == np.sign(b) for a, b in both)
    equal = sum(len(a) == len(b) for a, b in zip(true, found, strict=True))
    return {
        "found": one_share(len(both), sum(map(len, true)), LEVEL),
        "true": one_share(len(both), sum(map(len, found)), LEVEL),
        "handedness": one_share(same, len(both), LEVEL),
        "equal_number": one_share(equal, len(pairs), LEVEL),
    }
