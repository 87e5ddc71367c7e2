"""How far volunteers agree on each component, from their trees and the aggregates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.builder.aggregation.aggregate import distances
from skyloom.builder.aggregation.shapes import FIELDS
from skyloom.builder.evaluation.agreement import (
    component_agreement,
    subject_scores,
)
from skyloom.builder.model import COMPONENTS


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
