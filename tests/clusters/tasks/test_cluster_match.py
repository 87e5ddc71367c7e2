"""Two lists of clusters against each other, and what archives say."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.clusters.config import Evaluate
from skyloom.clusters.tasks.match import match_lists
from skyloom.clusters.tasks.metrics import HEADLINES
from skyloom.clusters.tasks.retrieve import tile_url
from skyloom.io.documents import write_json
from skyloom.run.headline import headline

PLAIN, LIMITS = {"a": {}, "b": {}}, Evaluate()


def write(path, ra, richness=None, name="LAMBDA", z=0.3):
    table = Table({"RA": ra, "DEC": np.zeros(len(ra)), "Z": np.full(len(ra), z)})
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


def test_redshifts_are_cut_after_matching(tmp_path):
    """A cluster below the limit has its partner above; neither range is guessed."""
    z = {"a": [0.2, 0.499, 0.6], "b": [0.51, 0.7, 0.61]}
    ra = {"a": [10.0, 10.5, 11.0], "b": [10.5, 11.5, 11.0]}
    paths = {k: write(tmp_path / f"{k}.csv", ra[k], z=z[k]) for k in "ab"}
    _, report = match_lists(paths, PLAIN, LIMITS, 1, (0.1, 0.5))
    counts = {k: report["rates"][k]["all"] for k in "ab"}
    assert (counts["a"]["k"], counts["a"]["n"], counts["b"]["n"]) == (1, 2, 0)
    assert report["redshifts"] == {"low": 0.1, "high": 0.5, "given": True}
    assert "no cluster at redshifts 0.1 to 0.5" in report["warnings"][-1]
    _, report = match_lists(paths, PLAIN, LIMITS, 1)
    assert report["redshifts"] == {"low": 0.51, "high": 0.6, "given": False}
    assert [report["rates"][k]["all"]["n"] for k in "ab"] == [1, 1]


def test_a_given_footprint_takes_the_place_of_cells(tmp_path):
    """What lies beyond is not counted, but may be a partner; nothing is doubtful."""
    ra = {"a": [0.5, 44.999], "b": [0.5, 45.001, 120.0]}
    paths = {k: write(tmp_path / f"{k}.csv", ra[k]) for k in "ab"}
    # The base pixel about (0, 0), whose corner lies at RA 45.
    column = fits.Column("UNIQ", "K", array=[8])
    table = fits.BinTableHDU.from_columns([column])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "moc.fits")
    paths["footprint"] = str(tmp_path / "moc.fits")
    _, report = match_lists(paths, PLAIN, LIMITS, 1)
    assert report["area"] == pytest.approx(41253 / 12, rel=1e-4)
    assert report["cells"] is None
    assert report["warnings"] == []
    assert report["footprint"] == "moc.fits"
    counts = {k: report["rates"][k]["all"] for k in "ab"}
    assert (counts["a"]["k"], counts["a"]["n"]) == (2, 2)
    assert (counts["b"]["k"], counts["b"]["n"]) == (1, 1)


def test_cells_follow_the_density(tmp_path, caplog):
    """Each list has its own; one that is sparse is said to be."""
    ra = {"a": np.linspace(0.0, 40.0, 4000), "b": np.linspace(0.0, 40.0, 8)}
    paths = {k: write(tmp_path / f"{k}.csv", ra[k]) for k in "ab"}
    _, report = match_lists(paths, PLAIN, LIMITS, 1)
    cells = report["cells"]
    assert cells["a"]["side"] == pytest.approx(0.458, abs=0.001)
    assert cells["b"]["side"] == pytest.approx(3.66, abs=0.01)
    assert cells["a"]["clusters"] >= 10
    (text,) = report["warnings"]
    assert f"list b has {cells['b']['clusters']:.1f} clusters in a cell" in text
    assert text in caplog.text
    counts = [cells[k]["rates"]["a"]["all"]["n"] for k in ("half", "twice")]
    assert counts[0] < report["rates"]["a"]["all"]["n"] <= counts[1]


def test_names_come_back_as_text(tmp_path):
    """Of an ID column, or of one called a name."""
    paths = {}
    for key, name in (("a", "ID"), ("b", "name")):
        names = ["MCXC J0000.1+0816", "RM J0001"]
        table = Table({name: names, "RA": [1.0, 2], "DEC": [0.0, 0], "Z": [0.3, 0.3]})
        table.write(tmp_path / f"{key}.csv")
        paths[key] = str(tmp_path / f"{key}.csv")
    pairs, _ = match_lists(paths, PLAIN, LIMITS, 1)
    assert pairs["ID_A"].tolist() == pairs["ID_B"].tolist() == names


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
    pure = {"threshold": 0.7, "clusters_above": 4}
    write_json(path, {"area": 1.0, "clusters": {**pure, "listed": 9}})
    found = headline({"real_field": str(path)}, HEADLINES)["real_field"]
    assert found["area"] == 1.0
    assert found["clusters"] == pure
