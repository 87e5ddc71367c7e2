"""Aggregate models from volunteers' models, and how far volunteers agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.builder.aggregation.aggregate import aggregate_subject, distances
from skyloom.builder.aggregation.shapes import FIELDS
from skyloom.builder.config import AggregateSettings
from skyloom.builder.evaluation.agreement import component_agreement, subject_scores
from skyloom.builder.model import COMPONENTS
from skyloom.builder.tasks.files import Files, Paths
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.run.provenance import Recipe


def aggregate(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Aggregate the drawings in the tree of ``volunteers`` and write ``tree``.

    Raises
    ------
    DatumError
        If nothing is known of the subject.
    """
    path = files["volunteers"][subject]
    drawn = read_json(path)
    if drawn["shape"] is None:
        raise DatumError(drawn["rejected"][0]["reason"])
    tree = aggregate_subject(drawn, _settings(recipe))
    write_json(paths["tree"], tree | {"provenance": recipe.record([path])})


def failed_aggregate(
    subject: int, reason: str, paths: Paths, *, recipe: Recipe
) -> None:
    """Write the record of a subject that cannot be aggregated."""
    nobody = {"subject_id": subject, "shape": (), "volunteers": []}
    tree = aggregate_subject(nobody, _settings(recipe))
    tree |= {"shape": None, "status": "failed", "reason": reason}
    write_json(paths["tree"], tree | {"provenance": recipe.record()})


def _settings(recipe: Recipe) -> AggregateSettings:
    return AggregateSettings.stated(recipe.settings["aggregate"])


def agreement_tree(volunteers, aggregates) -> dict:
    """Return how far volunteers agree on each component, as the clustering sees it.

    Parameters
    ----------
    volunteers, aggregates : iterable of mapping
        Trees of the same subjects, in step.
    """
    pairs = list(zip(volunteers, aggregates, strict=True))
    pairs = [pair for pair in pairs if pair[1]["status"] == "ok"]
    return {name: _agreement(name, pairs) for name in COMPONENTS}


def _agreement(name: str, pairs) -> dict:
    tables = []
    for drawn, agreed in pairs:
        one = drawn["volunteers"]
        parts = [v["model"][name] for v in one]
        shapes = [[part[key] for key in FIELDS] for part in parts if part]
        matrix = distances(np.array(shapes).reshape(-1, len(FIELDS)), name)
        present = [part is not None for part in parts]
        scores = subject_scores(present, matrix, agreed["masks"][name])
        tables.append(scores.assign(subject_id=drawn["subject_id"]))
    return component_agreement(pd.concat(tables))
