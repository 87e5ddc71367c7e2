"""What is said of a field's clusters, on lists whose clusters are known."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.baselines.matched_filter import MASKED
from skyloom.clusters.finder.joint import CHECKS
from skyloom.clusters.real_field.verdict import verdict

RNG = np.random.default_rng


def detections(rng, n: int, clusters: int = 0) -> Table:
    """Return n detections by chance, and clusters of higher scores before them."""
    score = 3 + rng.exponential(1.5, n + clusters)
    score[:clusters] += rng.uniform(8, 20, clusters)
    table = Table({"RA": rng.uniform(0, 300, n + clusters), "SCORE": score})
    table["DEC"], table["Z"] = rng.uniform(-30, 30, (2, n + clusters))
    table["Z"] = np.abs(table["Z"]) / 60 + 0.1
    for name in ("Z_ERR", "LAMBDA", "LAMBDA_ERR", "MASKFRAC", "P_CENTRAL"):
        table[name] = np.ones(n + clusters)
    table["AREA_FRACTION"], table["FLAG"] = 0.7, 0
    return table


def as_seen(table: Table) -> Table:
    """Return an encoder's scores of some detections."""
    seen = table[: len(table) // 2].copy()
    seen["SCORE"] = np.clip(0.02 * seen["SCORE"], 0.05, 0.99)
    return seen


@pytest.fixture(params=[0])
def judged(request) -> tuple[dict, dict]:
    """Return what is said of 30 clusters among 100 detections by chance.

    So many of the clusters are flagged as masked.
    """
    rng = RNG(5)
    filtered = {"real": detections(rng, 100, 30)}
    for kind in ("permuted", "shuffled"):
        filtered |= {f"{kind}{k}": detections(rng, 100) for k in (1, 2, 3)}
    filtered["real"]["FLAG"][: request.param] = MASKED | 1
    encoder = {k: as_seen(filtered[k]) for k in ("real", "permuted1")}
    return verdict(filtered, encoder, 2.0, 0.9, 1)


def test_lists_hold_what_was_put_in(judged):
    """The clusters lead both lists, and the sums are theirs."""
    lists, report = judged
    for name in ("clusters", "matched_filter"):
        table = lists[name]
        assert len(table) == report[name]["listed"] == 130
        assert report[name]["sum_probability"] == pytest.approx(
            np.sum(table["PROBABILITY"])
        )
        assert report[name]["sum_probability"] == pytest.approx(30, abs=12)
        assert 20 <= report[name]["clusters_above"] <= 40
    sure = lists["clusters"]["FILTER_SCORE"][:25]
    assert (sure > 11).all()


def test_null_skies_judge_and_are_judged(judged):
    """Each of those that calibrate by the others; alarms of either kind."""
    _, report = judged
    assert report["clusters"]["skies"] == ["permuted1"]
    assert report["clusters"]["null_skies"] == {}
    own = report["matched_filter"]
    assert own["skies"] == ["permuted1", "permuted2", "permuted3"]
    assert set(own["null_skies"]) == set(own["skies"])
    for told in own["null_skies"].values():
        assert told["sum_probability"] < 30
    alarms = own["false_alarms"]["shuffled"]
    assert [row["above"] for row in alarms] == [0.5, 0.7, 0.9]
    assert alarms[0]["area"] == 6.0
    assert report["clusters"]["false_alarms"]["shuffled"] == []


@pytest.mark.parametrize("judged", [8], indirect=True)
def test_masked_clusters_are_listed_but_not_called_pure(judged):
    """With their flags, in both lists."""
    lists, report = judged
    for name in ("clusters", "matched_filter"):
        table, told = lists[name], report[name]
        assert set(CHECKS) <= set(table.colnames)
        masked = (table["FLAG"] & MASKED) > 0
        assert masked.sum() == 8
        sure = table[~masked]["PROBABILITY"]
        assert told["clusters_above"] == (sure >= told["threshold"]).sum()
        assert told["listed"] == len(table)
        assert sure[sure >= told["threshold"]].mean() >= 0.9


def test_what_the_encoder_alone_found_has_no_central_galaxy():
    """Its mask is the encoder's, with the filter's bit."""
    rng = RNG(6)
    filtered = {k: detections(rng, 60, 30) for k in ("real", "permuted1")}
    encoder = {k: as_seen(t) for k, t in filtered.items()}
    encoder["real"]["DEC"][:5] += 5.0
    table = verdict(filtered, encoder, 2.0, 0.9, 1)[0]["clusters"]
    alone = table["FOUND_BY"] == "encoder"
    assert alone.sum() == 5
    assert np.isnan(table["P_CENTRAL"][alone]).all()
    assert np.isfinite(table["P_CENTRAL"][~alone]).all()
    assert table["MASKFRAC"][alone].tolist() == pytest.approx([0.3] * 5)
    assert (table["FLAG"][alone] == MASKED).all()
