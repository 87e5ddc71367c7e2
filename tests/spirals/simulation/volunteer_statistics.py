"""What volunteers' drawings and votes are like: simulated ones beside real ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import gammaln
from skyloom.spirals.questions import Question
from skyloom.spirals.segmaps.choice import crosses_itself, unions
from skyloom.spirals.segmaps.marks import Drawing

GRID = 175  # cells a side on which drawings are compared; 3 px of GZ3D's canvas
CONSENSUS = 3  # of the others, with which a volunteer is compared
# Real value, and how far the mean of simulated galaxies may be from it. Arms: the 15
# volunteers of GZ3D 1-304336. Bars: Galaxy Builder's example, whose bar is known. One
# galaxy each, so tolerances are wide: galaxies differ.
REAL = (
    ("spiral", "pairwise_iou", 0.16, 0.05),
    ("spiral", "leave_one_out_iou", 0.24, 0.06),
    ("spiral", "area_factor", 14.0, 5.0),
    ("spiral", "crossing", 0.58, 0.10),
    ("spiral", "vertices", 98.0, 20.0),
    ("spiral", "strokes", 2.2, 0.6),
    ("bar", "pairwise_iou", 0.28, 0.06),
)


def drawn(galaxies: Sequence[Sequence[Drawing]], size: float) -> dict[str, float]:
    """Return the statistics of the drawings of many galaxies.

    Parameters
    ----------
    galaxies : sequence of sequence of Drawing
        Of one kind, by galaxy and volunteer, in canvas coordinates.
    size : float
        Side of the canvas.

    Returns
    -------
    dict
        ``blank``: share of volunteers who drew nothing; of those with an area, means
        over galaxies of ``pairwise_iou`` and of ``leave_one_out_iou`` (with what three
        or more of the others marked), and the median of ``area_factor``, largest over
        smallest; ``strokes`` a volunteer who drew; of all strokes the share that is
        ``crossing`` itself and the median number of ``vertices``.
    """
    one = [overlaps(volunteers, size) for volunteers in galaxies]
    whose = [v for volunteers in galaxies for v in volunteers]
    strokes = [c for v in whose for c in v if len(c) > 2]
    rest = np.array([o for o in one if o is not None]).T
    return {
        "blank": float(np.mean([not v for v in whose])),
        "pairwise_iou": float(np.mean(rest[0])),
        "leave_one_out_iou": float(np.mean(rest[1])),
        "area_factor": float(np.median(rest[2])),
        "strokes": len(strokes) / sum(any(len(c) > 2 for c in v) for v in whose),
        "crossing": float(np.mean([crosses_itself(c) for c in strokes])),
        "vertices": float(np.median([len(c) for c in strokes])),
    }


def overlaps(volunteers: Sequence[Drawing], size: float):
    """Return pairwise and leave-one-out IoU and area factor of a galaxy's drawings.

    None where fewer than four have an area.
    """
    maps = unions(volunteers, size, GRID)
    maps = maps[maps.any(axis=(1, 2))].reshape(-1, GRID**2)
    if len(maps) <= CONSENSUS:
        return None
    areas, total = maps.sum(axis=1), maps.sum(axis=0)
    pairs = [_iou(a, b) for a, b in combinations(maps, 2)]
    others = [_iou(own, total - own >= CONSENSUS) for own in maps]
    return np.mean(pairs), np.mean(others), areas.max() / areas.min()


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def beside_real(spiral: dict[str, float], bar: dict[str, float]) -> pd.DataFrame:
    """Return a table of statistics of `drawn` beside real ones, and whether they match.

    Columns ``kind``, ``quantity``, ``real``, ``tolerance``, ``simulated``, ``matches``.
    """
    table = pd.DataFrame(REAL, columns=["kind", "quantity", "real", "tolerance"])
    own = {"spiral": spiral, "bar": bar}
    table["simulated"] = [own[kind][quantity] for kind, quantity, *_ in REAL]
    off = (table["simulated"] - table["real"]).abs()
    return table.assign(matches=off <= table["tolerance"])


def spread(counts: np.ndarray, question: Question, least: int = 5):
    """Return mean shares of a question's answers over galaxies, and their precision.

    Those of the Dirichlet-multinomial that fits best; galaxies with fewer than `least`
    votes are left out. A low precision: galaxies differ, or few are undecided.

    Parameters
    ----------
    counts : ndarray, shape (galaxies, answers of the question)
        Votes.
    """
    counts = counts[counts.sum(axis=1) >= least].astype(np.float64)
    totals = counts.sum(axis=1)

    def loss(logs):
        a = np.exp(logs)
        each = gammaln(counts + a).sum(axis=1) - gammaln(a).sum()
        return -(each + gammaln(a.sum()) - gammaln(totals + a.sum())).sum()

    start = np.zeros(len(question.answers))
    bounds = [(-6, 6)] * len(start)
    a = np.exp(minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)
    return a / a.sum(), float(a.sum())
