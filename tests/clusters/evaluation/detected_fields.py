"""Invented fields: clusters far apart, and a finder that sees some of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy.table import Table
from skyloom.clusters.evaluation.judge import judge

STEP = 0.5  # deg between clusters of a field: no two within a megaparsec


def truths(richness, z=0.4, field=0, **columns):
    """Return clusters along a line of declination."""
    n = len(richness)
    place = {"RA": 10 + STEP * np.arange(n), "DEC": np.zeros(n)}
    values = {"Z_LAMBDA": np.broadcast_to(z, n), "LAMBDA": np.asarray(richness, float)}
    return Table(
        {"ID": np.arange(1, n + 1), "FIELD": [field] * n} | place | values | columns
    )


def detections(rows, score, z=0.4, field=0, **columns):
    """Return detections at clusters of `truths`, by row; halves are between two."""
    n = len(rows)
    place = {"RA": 10 + STEP * np.asarray(rows, float), "DEC": np.zeros(n)}
    values = {"Z": np.broadcast_to(z, n), "SCORE": np.asarray(score, float)}
    return Table({"FIELD": [field] * n} | place | values | columns)


def survey(seed, fields=20, n=12, skill=2.0):
    """Return the truths of several fields, and detections that favour the rich."""
    rng = np.random.default_rng(seed)
    shape = (fields, n)
    richness, z = 5 * (1 - rng.random(shape)) ** -0.7, rng.uniform(0.2, 0.7, shape)
    truth = pd.concat(
        truths(richness[k], z[k], k).to_pandas() for k in range(fields)
    ).reset_index(drop=True)
    seen = skill * np.log(truth["LAMBDA"] / 15) + rng.normal(0, 1, len(truth))
    score = 1 / (1 + np.exp(-seen))
    measured = truth["Z_LAMBDA"] + rng.normal(0, 0.01, len(truth))
    richness = truth["LAMBDA"] * np.exp(rng.normal(0, 0.2, len(truth)))
    real = truth[["FIELD", "RA", "DEC"]].assign(
        Z=measured, SCORE=score, LAMBDA=richness, Z_ERR=0.01
    )
    real = real.assign(LAMBDA_ERR=0.2 * richness)[score > 0.1]
    alarms = detections(
        rng.integers(0, n, 4 * fields) + 0.5,
        rng.beta(1, 4, 4 * fields),
        rng.uniform(0.2, 0.7, 4 * fields),
    ).to_pandas()
    alarms["FIELD"] = rng.integers(0, fields, len(alarms))
    return truth, pd.concat([real, alarms], ignore_index=True)


def judged(seed=0, **kwargs):
    """Return a judged `survey`."""
    return judge(*survey(seed, **kwargs))
