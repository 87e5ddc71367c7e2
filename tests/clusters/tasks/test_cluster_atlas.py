"""What the page of clusters shows, of two small tiles."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
import pytest
import small_tiles
from astropy.table import Table
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks import atlas
from skyloom.io.documents import write_json


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return what the page shows, its pictures, and the files that it read."""
    files = small_tiles.survey(tmp_path_factory.mktemp("survey"))
    return *atlas.survey(files, small_tiles.NAMES, Rule()), files


def test_clusters_of_the_catalogue(shown):
    """Most probable first, identifiers as text, errors, flags in words, members."""
    data, _, files = shown
    table = Table.read(files["catalogue"])
    assert [one["id"] for one in data["objects"]] == [str(i) for i in table["ID"]]
    assert max(len(one["id"]) for one in data["objects"]) == 16
    first, second, third = data["objects"]
    assert first["values"]["LAMBDA"] == 40
    assert first["errors"] == {"LAMBDA": 0.25, "Z": 0.25}
    assert (first["n_members"], len(first["members"])) == (40, atlas.MOST_MEMBERS)
    assert [one["found_by"] for one in data["objects"]] == ["both", "filter", "encoder"]
    assert first["flags"] == second["flags"] == []
    assert third["flags"] == [atlas.FLAGS[4]]
    assert set(first["similar"]) == {1, 2}


def test_clusters_lie_where_they_were_found(shown):
    """On their tile's pixels, and in the middle of their small picture."""
    data, pictures, _ = shown
    one = data["objects"][0]
    (tile, x, y, radius), (number, left, top, share) = one["at"][0], one["thumb"]
    assert (tile, number) == (0, 0)
    assert (x, y) == pytest.approx(small_tiles.PLACES["sim0000"][0], abs=0.1)
    assert radius > 20
    side, (ny, nx) = max(small_tiles.SHAPE), small_tiles.SHAPE
    inside = (share * side, left * side, top * side)
    assert inside[1] <= x <= inside[1] + inside[0]
    assert inside[2] <= (side - ny) / 2 + ny - y <= inside[2] + inside[0]
    assert pictures[0].shape == (ny, nx, 3)
    brightest = pictures[0].sum(axis=2)[ny - 200 - 3 : ny - 200 + 2, 58:63]
    assert brightest.min() > np.median(pictures[0].sum(axis=2))


def test_the_plane_gives_back_the_sky(shown):
    """The tangent plane's numbers lead from a pixel to its RA and Dec."""
    tile = shown[0]["tiles"][1]
    ra, dec, *matrix = tile["plane"]
    west, north = np.reshape(matrix, (2, 3)) @ [100.0, 100.0, 1.0]
    wanted = small_tiles.wcs_of("sim0001").all_pix2world(100.0, 100.0, 0)
    assert (ra, dec) == pytest.approx((301.0, -10.0))
    assert ra + west / np.cos(np.radians(dec)) == pytest.approx(wanted[0], abs=1e-4)
    assert dec + north == pytest.approx(wanted[1], abs=1e-5)


def test_probability_is_told_cell_by_cell(shown):
    """Row 0 is at the bottom, as in the maps."""
    cells = shown[0]["tiles"][0]["cells"]
    steps = np.frombuffer(base64.b64decode(cells["steps"]), np.uint8)
    steps = steps.reshape(cells["rows"], cells["columns"])
    found = [(int(y) // cells["side"], int(x) // cells["side"]) for x, y in _places()]
    assert sorted(map(tuple, np.argwhere(steps).tolist())) == sorted(found)
    assert steps.max() == round(0.8 * 255)


def _places():
    return small_tiles.PLACES["sim0000"]


def test_truth_says_what_was_found(shown):
    """Of two true clusters the first; of each finder its own detections."""
    tile = shown[0]["tiles"][0]
    assert [found for *_, found in tile["truth"]] == [True, False]
    assert {kind: len(rows) for kind, rows in tile["found"].items()} == dict.fromkeys(
        ("encoder", "matched_filter", "density"), 2
    )
    assert tile["values"]["clusters"] == 2


def test_rates_are_those_of_the_evaluation(shown):
    """At the run's threshold the counts are those of the report."""
    known = shown[0]["judged"]
    i = known["threshold"].index(known["own"])
    assert known["own"] == small_tiles.OWN
    assert known["found"][i] == known["completeness"]["k"]
    assert (known["true"][i], known["listed"][i]) == (
        known["purity"]["k"],
        known["purity"]["n"],
    )


def test_without_truth_there_are_no_rates(shown):
    """One's own images: thresholds to choose from, no truth, no density map."""
    files = {k: v for k, v in shown[2].items() if k not in ("truth", "evaluation")}
    del files["density"]
    data, _ = atlas.survey(files, small_tiles.NAMES, Rule())
    assert "found" not in data["judged"]
    assert data["judged"]["own"] in data["judged"]["threshold"]
    assert data["tiles"][0]["truth"] is None
    assert set(data["tiles"][0]["found"]) == {"encoder", "matched_filter"}


def test_what_is_left_out_is_said(shown, monkeypatch):
    """One tile of two: its clusters are there first, the others while there is room."""
    files = dict(shown[2])
    for kind in ("images", "predictions", "encoder", "matched_filter", "density"):
        files[kind] = files[kind][len(files[kind]) // 2 :]
    files["truth"] = files["truth"][1:]
    monkeypatch.setattr(atlas, "MOST_CLUSTERS", 2)
    data, _ = atlas.survey(files, ["sim0001"], Rule())
    assert [bool(one["at"]) for one in data["objects"]] == [False, True]
    assert data["objects"][0]["thumb"] is None
    whole = {"survey": data, "real_field": None}
    assert atlas.left_out(whole, 2) == [
        "1 of 2 tiles are shown, evenly among their names.",
        "2 of 3 clusters of the catalogue are shown.",
    ]


def test_a_real_field(shown, tmp_path):
    """A list without tiles, and its threshold, which may be none."""
    report = tmp_path / "report.json"
    above = {"value": 2.0, "low": 1.0, "high": 3.0}
    write_json(
        report,
        {"area": 100.0, "clusters": {"threshold": None, "above_chance": above}},
    )
    found = atlas.real_field(shown[2]["catalogue"], shown[2]["members"], report)
    assert found["listed"] == 3
    assert found["threshold"] is None
    assert found["objects"][0]["n_members"] == 40


def test_matched_lists_are_thinned_out(tmp_path, monkeypatch):
    """Of many pairs some are drawn; what is not known is none."""
    monkeypatch.setattr(atlas, "MOST_PAIRS", 3)
    names = ("Z_A", "Z_B", "LAMBDA_A", "LAMBDA_B")
    table = pd.DataFrame({name: np.linspace(0.1, 0.7, 7) for name in names})
    table.loc[0, "LAMBDA_B"] = np.nan
    table.to_csv(tmp_path / "pairs.csv", index=False)
    rates = {"rates": {}, "area": 3.0, "redshifts": {}, "warnings": ["few"]}
    write_json(tmp_path / "rates.json", rates)
    found = atlas.matches(tmp_path / "pairs.csv", tmp_path / "rates.json")
    assert found["pairs"] == 7
    assert found["Z_A"] == [0.1, 0.4, 0.7]
    assert found["LAMBDA_B"][0] is None
