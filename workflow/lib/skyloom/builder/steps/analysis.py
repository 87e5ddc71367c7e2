"""The analysis of a run: trees and tables in, one JSON-plain tree out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from skyloom.builder.aggregation.aggregate import distances, settings_from
from skyloom.builder.aggregation.shapes import FIELDS
from skyloom.builder.analysis.agreement import (
    component_agreement,
    mean_similarity,
    subject_scores,
)
from skyloom.builder.analysis.comparison import (
    PARTS,
    compare_published,
    repaired_published,
)
from skyloom.builder.analysis.repeatability import repeatability, scatter
from skyloom.builder.analysis.statistics import (
    arm_counts,
    chisq_statistics,
    residual_statistics,
    sample_residuals,
    stage_frequencies,
)
from skyloom.builder.model import COMPONENTS
from skyloom.builder.products.catalogue_columns import PUBLISHED, REPEATED
from skyloom.io.fits import read_images


def frequencies_tree(volunteers, aggregates, tuned) -> dict:
    """Return how often components are drawn, agreed on and kept by the fit.

    Parameters
    ----------
    volunteers, aggregates, tuned : iterable of mapping
        Trees of the products of those names.
    """
    fitted = [tree["model"] for tree in tuned]
    agreed = [tree["model"] for tree in aggregates if tree["status"] == "ok"]
    drawn = [one["model"] for tree in volunteers for one in tree["volunteers"]]
    stages = {"drawn": drawn, "agreed": agreed, "fitted": fitted}
    arms = {"agreed": arm_counts(agreed), "fitted": arm_counts(fitted)}
    return stage_frequencies(stages) | {"arms": arms}


def agreement_tree(volunteers, aggregates, settings: Mapping) -> dict:
    """Return how far volunteers agree on each component.

    Parameters
    ----------
    volunteers, aggregates : iterable of mapping
        Trees of the same subjects, in step.
    settings : mapping
        Config section ``aggregate``: the distances are those of the clustering.
    """
    options = settings_from(settings["aggregate"])
    pairs = list(zip(volunteers, aggregates, strict=True))
    pairs = [pair for pair in pairs if pair[1]["status"] == "ok"]
    return {name: _agreement(name, pairs, options) for name in COMPONENTS}


def residuals_tree(fits: Mapping[str, Iterable[Mapping]], images: Iterable[str]):
    """Return how good the fits are and what they leave in the images.

    Parameters
    ----------
    fits : mapping of str to iterable of mapping
        Trees of ``tuned/<start>/<id>.json`` by start.
    images : iterable of path
        Residual files of the fits that did not fail.
    """
    tree = {}
    for start, trees in fits.items():
        found = [(one["chisq"], one["status"]) for one in trees]
        tree[start] = chisq_statistics(*zip(*found, strict=True))
    left = (read_images(path, ["RESIDUAL"])["RESIDUAL"][0] for path in images)
    found = [residual_statistics(image, np.isfinite(image)) for image in left]
    return tree | {"images": sample_residuals(found)}


def repeatability_tree(catalogue: pd.DataFrame, repeats: Iterable) -> dict:
    """Return how far two subjects that show one galaxy differ.

    Parameters
    ----------
    catalogue : DataFrame
        Ours; rows without a fit do not count.
    repeats : iterable of [int, int]
        Pairs of subjects.

    Returns
    -------
    dict
        As `repeatability`. The catalogue's `n_arms` are the crowd's, so that fits count
        as having as many arms, of the same kind, where as many parameters are free.
    """
    pairs = pd.DataFrame(list(repeats), columns=["first", "second"], dtype=int)
    fitted = catalogue[catalogue["start"] != ""]
    return repeatability(fitted, pairs, REPEATED, PARTS, counts=["n_free"])


def published_tree(catalogue: pd.DataFrame, published: pd.DataFrame) -> dict:
    """Return how our catalogue differs from the published one, repaired.

    Parameters
    ----------
    catalogue, published : DataFrame
        Ours, of which rows without a fit do not count, and
        galaxy-builder-catalogue.csv.
    """
    ours = catalogue[catalogue["start"] != ""]
    multipliers = dict(zip(ours["subject_id"], ours["multiplier"], strict=True))
    repaired = repaired_published(published, multipliers)
    return compare_published(ours, repaired, PUBLISHED)


def _agreement(name: str, pairs, options) -> dict:
    tables, similarity = [], []
    for drawn, agreed in pairs:
        one = drawn["volunteers"]
        parts = [v["model"][name] for v in one]
        shapes = [[part[key] for key in FIELDS] for part in parts if part]
        matrix = distances(np.array(shapes).reshape(-1, len(FIELDS)), name, options)
        ids = [v["classification_id"] for v in one]
        present = [part is not None for part in parts]
        scores = subject_scores(present, matrix, ids, agreed["masks"][name])
        tables.append(scores.assign(subject_id=drawn["subject_id"]))
        similarity.append(mean_similarity(matrix))
    return component_agreement(pd.concat(tables), similarity)


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
        "pull_scatter": scatter(pull),
        "coverage": float((pull.abs() < 1).mean()),
    }
