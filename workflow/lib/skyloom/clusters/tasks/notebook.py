"""One tile's clusters and detections, matched, and where they lie: its notebook."""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.clusters.evaluation.judge import NONE, Rule, judge
from skyloom.clusters.inference.blend import TileMaps


def matched_tile(
    clusters: Table, found: Table, maps: TileMaps, rule: Rule
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the clusters and the detections of a tile, and which of them belong.

    Those centred beyond the edge of the maps are left out.

    Returns
    -------
    truth : DataFrame
        ``ID, LAMBDA, Z, SCORE`` of the detection, ``FOUND`` bool, ``X, Y, R_PIX``.
    found : DataFrame
        ``PROBABILITY, Z, Z_ERR, LAMBDA, LAMBDA_ERR, TRUE`` bool, ``TRUE_Z``,
        ``TRUE_LAMBDA``, ``SEPARATION`` [Mpc], ``X, Y``.
    """
    rich = clusters[np.asarray(clusters["LAMBDA"]) >= rule.above]
    scored = found.to_pandas().assign(SCORE=np.asarray(found["PROBABILITY"]))
    judged = judge(rich, scored, rule)
    truth = judged.truth.assign(FOUND=judged.truth["FOUND"] != NONE)
    truth = truth.assign(**{k: np.asarray(rich[k]) for k in ("X", "Y", "R_PIX")})
    inside = truth["X"].between(-0.5, maps.width - 0.5)
    inside &= truth["Y"].between(-0.5, maps.height - 0.5)
    seen = judged.found.assign(TRUE=judged.found["TRUTH"] != NONE)
    seen = seen.assign(**{k: np.asarray(found[k]) for k in ("X", "Y")})
    return truth[inside], seen.rename(columns={"SCORE": "PROBABILITY"})


def truth_mask(
    clusters: Table, shape: tuple[int, int], tile: int, above: float = 0.0
) -> np.ndarray:
    """Return the cells (ny, nx) whose middles lie within the radius of a cluster.

    ``clusters`` have ``X, Y, R_PIX`` [px]; their centres may lie outside the image, and
    those of LAMBDA below ``above`` are left out. A cell has ``tile`` px to a side.
    """
    middles = tile * (np.indices(shape) + 0.5) - 0.5
    mask = np.zeros(shape, bool)
    for row in clusters[np.asarray(clusters["LAMBDA"]) >= above]:
        away = (middles[0] - row["Y"]) ** 2 + (middles[1] - row["X"]) ** 2
        mask |= away <= row["R_PIX"] ** 2
    return mask
