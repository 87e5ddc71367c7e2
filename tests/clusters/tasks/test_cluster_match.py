"""Two lists of clusters against each other, and what archives say."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.config import Evaluate
from skyloom.clusters.tasks.match import match_lists
from skyloom.clusters.tasks.metrics import HEADLINES
from skyloom.clusters.tasks.retrieve import tile_url
from skyloom.io.documents import write_json
from skyloom.run.headline import headline

PLAIN, LIMITS = {"a": {}, "b": {}}, Evaluate()


def write(path, ra, richness=None, name="LAMBDA"):
    table = Table({"RA": ra, "DEC": np.zeros(len(ra)), "Z": np.full(len(ra), 0.3)})
    if richness is not None:
        table[name] = richness
    table.write(path)
    return str(path)


def test_pairs_and_rates(tmp_path):
    """Who has a partner, by richness; columns of other names are told."""
    a = write(tmp_path / "a.csv", [10.0, 10.5, 11.0], [25.0, 40.0, 60.0])
    b = write(tmp_path / "b.csv", [10.001, 11.001, 11.2], [3, 4, 5], name="NGALS")
    columns = PLAIN | {"b": {"LAMBDA": "NGALS"}}
    pairs, report = match_lists({"a": a, "b": b}, columns, LIMITS, 1)
    assert pairs[["ID_A", "ID_B"]].to_numpy().tolist() == [[1, 1], [3, 2]]
    assert pairs["LAMBDA_B"].tolist() == [3.0, 4.0]
    rates = report["rates"]
    assert (rates["a"]["all"]["k"], rates["a"]["all"]["n"]) == (2, 3)
    assert {k: v["k"] for k, v in rates["a"].items()} == {
        "all": 2,
        "20-30": 1,
        "30-50": 0,
        "50-": 1,
    }
    assert rates["b"]["all"]["k"] == 2


def test_lists_of_different_skies_share_nothing(tmp_path):
    """No pair, no area, no chance."""
    paths = {k: write(tmp_path / f"{k}.csv", [ra]) for k, ra in (("a", 10), ("b", 90))}
    pairs, report = match_lists(paths, PLAIN, LIMITS, 1)
    assert pairs.empty
    assert report["area"] == 0
    assert report["rates"]["chance"] is None


@pytest.mark.real
def test_published_rates_of_des(real):
    """WaZP recovers 81, 90 and 95 % of redMaPPer's clusters of DES Y1."""
    folder = real / "clusters"
    paths = {
        "a": folder / "clusterdb" / "desY1a1.csv.gz",
        "b": folder / "wazp_des_y1.csv.gz",
    }
    _, report = match_lists(paths, PLAIN, LIMITS, 1)
    found = report["rates"]["a"]
    wanted = {"20-30": 0.81, "30-50": 0.90, "50-": 0.95}
    for name, value in wanted.items():
        assert found[name]["value"] == pytest.approx(value, abs=0.015)
    assert report["rates"]["chance"]["value"] < 0.08


def test_address_of_a_tile():
    """Folder and name of the archive's own layout."""
    url = tile_url("https://a/dr2/", "DES0000-2958", "r4907p01", "g")
    name = "DES0000-2958_r4907p01_g_nobkg.fits.fz"
    assert url == f"https://a/dr2/DES0000-2958/{name}"


def test_headline_keeps_chosen_branches(tmp_path):
    """Only what is named, where it is there."""
    path = tmp_path / "evaluation.json"
    kept = {"area": 2.0, "purity_of_sky": {"value": 0.8}}
    tree = {"chance": 0.1, "catalogue": {**kept, "more": 1}, "provenance": {}}
    write_json(path, tree)
    found = headline({"survey": str(path)}, HEADLINES)
    assert found["survey"]["chance"] == 0.1
    assert found["survey"]["catalogue"] == kept
    assert "provenance" not in found["survey"]


def test_headline_of_the_real_field_is_of_its_pure_catalogue(tmp_path):
    """Clusters above the threshold, not all that are listed."""
    path = tmp_path / "report.json"
    write_json(
        path, {"area": 1.0, "clusters": 9, "threshold": 0.7, "clusters_above": 4}
    )
    found = headline({"real_field": str(path)}, HEADLINES)
    assert found["real_field"] == {"area": 1.0, "threshold": 0.7, "clusters_above": 4}
