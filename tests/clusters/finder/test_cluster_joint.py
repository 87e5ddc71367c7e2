"""One list of two finders' detections."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.finder.joint import Worth, joined, merged, scores
from skyloom.stats.logistic import Logistic

PLACES = ("RA", "DEC", "Z")


def detections(rows: list, score: list, tile: str = "") -> Table:
    """Return detections at places (RA, DEC, Z), of a tile if it is named."""
    table = Table(
        dict(zip(PLACES, np.array(rows, float).reshape(-1, 3).T, strict=True))
    )
    for name in ("Z_ERR", "LAMBDA", "LAMBDA_ERR"):
        table[name] = np.arange(len(table)) + 10.0 * len(table)
    table["SCORE"] = np.array(score, float)
    table["MASKFRAC"], table["AREA_FRACTION"] = 0.1, 0.7
    table["FLAG"], table["P_CENTRAL"] = 2, 0.9
    if tile:
        table["X"], table["Y"], table["EDGE"], table["TILES"] = 5.0, 6.0, 1.0, tile
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
    assert table["MASKFRAC"].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.3])
    assert list(table["FLAG"]) == [2, 2, 4, 4]
    assert scores(table)[0] == pytest.approx([12, np.log(12), np.log(1.5)])


def test_tiles_that_overlap_list_a_cluster_once():
    """By its surest tile; what lies at other redshifts than are known is left out."""
    known = Worth(Logistic((0.1, 0.0, 0.5), 0.0), (0.2, 0.5))
    both = [(10, 0, 0.3)]
    far = [(70, 0, 0.51), (80, 0, 0.19)]
    filtered = [detections(both, [12], "A"), detections(both + far, [30, 50, 60], "B")]
    encoder = [detections(both, [0.3], "A"), detections([(50, 0, 0.4)], [0.2], "B")]
    table = merged(filtered, encoder, known)
    assert list(table["TILES"]) == ["A B", "B"]
    assert list(table["FILTER_SCORE"]) == [30, 3]
    assert table["PROBABILITY"].tolist() == pytest.approx(known[0](scores(table)))


def test_nothing_is_an_empty_list():
    """Neither finder has any, on one tile or on several; names of tiles are texts."""
    none = detections([], [], "A")
    assert len(joined(none, none)) == 0
    table = merged([none, none], [none, none], Worth(Logistic((1, 1, 1), 0), (0, 1)))
    assert len(table) == 0
    assert table["TILES"].dtype.kind == "U"
