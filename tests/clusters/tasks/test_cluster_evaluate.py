"""The report of a survey's evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.catalogue.lists import write_clusters
from skyloom.clusters.config import Evaluate
from skyloom.clusters.evaluation.judge import NONE, Rule, stacked
from skyloom.clusters.evaluation.sky import Sky
from skyloom.clusters.finder.catalogue import COLUMNS, catalogue
from skyloom.clusters.tasks import evaluate as judging
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import plain
from skyloom.sky.tan import tan_wcs
from small_clusters import SEED

SHAPE = (100, 100)
WCS = tan_wcs(10.0, 0.0, SHAPE, 36.0)  # a square degree
STEP = 0.15  # deg between clusters: halves of it are more than a megaparsec


def places(steps, z) -> Table:
    """Return positions along a line of declination."""
    n = len(steps)
    return Table(
        {"RA": 9.6 + STEP * np.asarray(steps), "DEC": np.zeros(n), z: np.full(n, 0.4)}
    )


@pytest.fixture
def case():
    """Return four rich clusters and a poor one; three and the one found, two alarms."""
    clusters = places(range(5), "Z_LAMBDA")
    clusters["LAMBDA"] = [40.0, 50.0, 60.0, 70.0, 10.0]
    found = places([0, 1, 2, 4, 2.5, 3.5], "Z")
    found["SCORE"] = [0.9, 0.9, 0.8, 0.8, 0.7, 0.6]
    found["LAMBDA"] = 30.0
    found["Z_ERR"], found["LAMBDA_ERR"] = 0.01, 5.0
    tables = {"catalogue": stacked({"sim0000": found})}
    sky = Sky({"sim0000": np.ones(SHAPE, bool)}, {"sim0000": WCS})
    return judging.Case(sky, stacked({"sim0000": clusters}), tables)


def report_of(case, **section):
    how = Evaluate(draws=20, **section)
    return plain(judging.evaluate(case, how, SEED)[0])


def test_purity_on_the_sky(case):
    """As rare as there, three of four are found beside two alarms per deg²."""
    report = report_of(case, abundance=1.5)["catalogue"]
    assert (report["completeness"]["k"], report["completeness"]["n"]) == (3, 4)
    assert (report["purity"]["k"], report["purity"]["n"]) == (4, 6)
    there, alarms = report["purity_of_sky"], 2 / case.sky.area
    assert there["true"] == pytest.approx(1.5 * 0.75)
    assert there["false"] == pytest.approx(alarms)
    assert there["value"] == pytest.approx(1.125 / (1.125 + alarms))
    assert there["low"] < there["value"] < there["high"]


def test_an_unknown_sky_has_no_purity(case):
    """Nothing is said where no abundance was given; the rest is the same."""
    unknown, known = (report_of(case, abundance=a) for a in (None, 1.5))
    assert unknown["catalogue"]["purity_of_sky"] is None
    assert report_of(case) == unknown
    del unknown["catalogue"]["purity_of_sky"], known["catalogue"]["purity_of_sky"]
    assert unknown == known


def test_no_area_that_counts_is_reported(case):
    """A tile smaller than the circle about a cluster: counts of nothing, no rate."""
    case.sky.seen["sim0000"][:] = False
    report = report_of(case, abundance=1.5)
    assert report["chance"] is None
    assert report["catalogue"]["area"] == 0
    assert report["catalogue"]["false_alarms"]["value"] is None
    assert report["catalogue"]["purity_of_sky"] is None


def tiles(overlap: int) -> Sky:
    """Return two real tiles side by side that share columns, 36 arcsec each."""
    east, west = WCS.deepcopy(), WCS.deepcopy()
    west.wcs.crpix = WCS.wcs.crpix - [SHAPE[1] - overlap, 0]
    seen = {name: np.ones(SHAPE, bool) for name in ("east", "west")}
    return Sky(seen, {"east": east, "west": west})


def on_sky(columns, z) -> Table:
    """Return positions at columns of the eastern tile, in its middle row."""
    ra, dec = WCS.all_pix2world(np.asarray(columns, float), 49.5, 0)
    return Table({"RA": ra, "DEC": dec, z: np.full(len(ra), 0.4)})


def truth_file(path, columns, **others):
    """Write a list of rich clusters at columns of the eastern tile."""
    table = on_sky(columns, "Z_LAMBDA")
    n = len(table)
    table["ID"], table["LAMBDA"] = np.arange(n), np.full(n, 40.0)
    table["Z_LAMBDA_ERR"], table["LAMBDA_ERR"] = np.zeros(n), np.zeros(n)
    for name, values in others.items():
        table[name] = values
    write_clusters(path, table)
    return path


def catalogue_file(path, columns, names):
    """Write detections at columns of the eastern tile, each seen on tiles."""
    table = on_sky(columns, "Z")
    for name in COLUMNS.keys() - {"ID", "FOUND_BY", *table.colnames}:
        table[name] = np.full(len(table), 0.5)
    table["PROBABILITY"], table["FOUND_BY"], table["TILES"] = 0.9, "both", names
    write_catalogue(path, catalogue(table))
    return path


def judged(sky, tmp_path, clusters, found, names):
    truth = truth_file(tmp_path / "redmapper.fits", clusters)
    own = catalogue_file(tmp_path / "clusters.fits", found, names)
    case = judging.read_case(sky, own, [truth], {})
    return case, case.judged(Rule())["catalogue"]


def test_one_sky_on_tiles_that_overlap(tmp_path):
    """A cluster on both is found by what only the second tile saw, and counts once."""
    sky = tiles(overlap=20)
    case, seen = judged(sky, tmp_path, [90.0, 30.0], [90.5, 30.0], ["west", "east"])
    assert (seen.truth["FOUND"] != NONE).all()
    assert (seen.found["TRUTH"] != NONE).all()
    assert seen.found["VALID"].all()
    assert seen.truth["FIELD"].tolist() == seen.found["FIELD"].tolist()
    assert case.sky.area == pytest.approx(1.8, rel=0.01)


def test_one_sky_across_a_seam(tmp_path):
    """A detection a third of a megaparsec away, on the next tile."""
    case, seen = judged(tiles(overlap=0), tmp_path, [99.0], [100.5], ["west"])
    assert seen.truth["FIELD"].tolist() == ["east"]
    assert seen.found["FIELD"].tolist() == ["west"]
    assert seen.truth["FOUND"].tolist() == seen.found["TRUTH"].tolist() == [0]
    assert case.sky.area == pytest.approx(2.0, rel=1e-3)
    report = report_of(case)
    assert report["comparison"]["target"]["fields"] == 2
    assert report["catalogue"]["completeness"]["k"] == 1
    assert report["catalogue"]["false_alarms"]["k"] == 0


def test_a_cluster_beyond_all_tiles_is_no_miss(tmp_path):
    """And what was found of it is no false alarm; one far away plays no part."""
    case, seen = judged(tiles(0), tmp_path, [-1.0, -2000.0], [0.0], ["east"])
    assert seen.truth["VALID"].tolist() == [False]
    assert seen.found["TRUTH"].tolist() == [0]
    assert len(case.clusters) == 1


def test_a_list_without_some_redshifts(tmp_path):
    """Such a cluster is left out of one list of the whole sky."""
    z = np.array([np.nan, 0.4])
    truth = truth_file(tmp_path / "list.fits", [20.0, 60.0], Z_LAMBDA=z)
    own = catalogue_file(tmp_path / "clusters.fits", [60.0], ["east"])
    case = judging.read_case(tiles(0), own, [truth], {})
    assert case.clusters["ID"].tolist() == [1]
    assert case.whole


def test_tiles_with_a_list_each_are_skies_of_their_own(tmp_path):
    """Simulated tiles may lie at one place: nothing is matched across, or cut."""
    sky = tiles(overlap=20)
    paths = [truth_file(tmp_path / f"{n}.fits", [90.0]) for n in ("east", "west")]
    own = catalogue_file(tmp_path / "clusters.fits", [90.5], ["west"])
    case = judging.read_case(sky, own, paths, {})
    seen = case.judged(Rule())["catalogue"]
    assert seen.truth["FIELD"].tolist() == ["east", "west"]
    assert seen.truth["VALID"].tolist() == [True, True]
    assert seen.truth["FOUND"].tolist() == [NONE, 0]
    assert case.sky.area == sky.area


def test_detections_at_other_redshifts_do_not_count(case):
    """Neither as false alarms, nor as true; clusters they find are found."""
    table = case.found["catalogue"]
    table.loc[[2, 5], "Z"] = [0.41, 0.9]
    few, every = (
        report_of(case, redshifts=ends)["catalogue"]
        for ends in ((0.2, 0.405), (0.2, 0.95))
    )
    assert (every["purity"]["k"], every["purity"]["n"]) == (4, 6)
    assert (few["purity"]["k"], few["purity"]["n"]) == (3, 4)
    assert few["completeness"]["k"] == every["completeness"]["k"] == 3


def test_rates_at_every_threshold(case):
    """At the run's own they are those of the report; higher up nothing is listed."""
    report = plain(judging.evaluate(case, Evaluate(draws=20), SEED, 0.65)[0])
    own, known = report["catalogue"], report["catalogue"]["by_threshold"]
    at = known["threshold"].index(0.65)
    assert (known["found"][at], known["clusters"]) == (3, own["completeness"]["n"])
    assert known["found"][at] == own["completeness"]["k"]
    assert known["true"][at] == own["purity"]["k"] == 4
    assert known["listed"][at] == own["purity"]["n"] == 5
    assert known["threshold"] == sorted(known["threshold"])
    assert known["listed"] == sorted(known["listed"], reverse=True)
    assert (known["found"][-1], known["listed"][-1]) == (0, 0)
