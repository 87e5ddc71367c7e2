"""One list of two finders' detections."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from skyloom.clusters.finder.joint import COLUMNS, joined, listed, scores

PLACES = ("RA", "DEC", "Z")


def detections(rows: list, score: list) -> Table:
    """Return detections at places (RA, DEC, Z)."""
    table = Table(
        dict(zip(PLACES, np.array(rows, float).reshape(-1, 3).T, strict=True))
    )
    for name in ("Z_ERR", "LAMBDA", "LAMBDA_ERR"):
        table[name] = np.arange(len(table)) + 10.0 * len(table)
    table["SCORE"] = np.array(score, float)
    return table


def test_a_cluster_that_both_find_is_one_row():
    """With the filter's place, redshift and richness, and both scores."""
    filtered = detections([(10, 0, 0.3), (20, 0, 0.3)], [12, 30])
    encoder = detections(
        [(10.01, 0, 0.33), (30, 0, 0.4), (20, 0, 0.6)], [0.6, 0.2, 0.3]
    )
    table = joined(filtered, encoder)
    assert list(table["FOUND_BY"]) == ["both", "filter", "encoder", "encoder"]
    assert list(table["RA"]) == [10, 20, 30, 20]
    assert list(table["Z"]) == [0.3, 0.3, 0.4, 0.6]
    assert list(table["ENCODER_SCORE"]) == [0.6, 0.05, 0.2, 0.3]
    assert list(table["FILTER_SCORE"]) == [12, 30, 3, 3]
    assert scores(table).shape == (4, 2)


def test_the_list_has_its_columns_the_surest_first():
    """Units and descriptions too; no detection at all is an empty list."""
    filtered = detections([(10, 0, 0.3), (20, 0, 0.3)], [12, 30])
    table = listed(joined(filtered, detections([], [])), np.array([0.4, 0.9]))
    assert table.colnames == list(COLUMNS)
    assert list(table["RA"]) == [20, 10]
    assert all(table[name].description for name in COLUMNS)
    nothing = joined(detections([], []), detections([], []))
    assert len(listed(nothing, np.zeros(0))) == 0
