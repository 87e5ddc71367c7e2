"""The report of a survey's evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters import settings
from skyloom.clusters.evaluation.judge import stacked
from skyloom.clusters.steps import judging
from skyloom.io.documents import plain
from skyloom.sky.tan import tan_wcs
from small_clusters import SEED, config

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
    found["PROBABILITY"] = [0.9, 0.9, 0.8, 0.8, 0.7, 0.6]
    found["LAMBDA"] = 30.0
    found["Z_ERR"], found["LAMBDA_ERR"] = 0.01, 5.0
    tables = {"encoder": stacked({"sim0000": found})}
    sky = judging.Sky({"sim0000": np.ones(SHAPE, bool)}, {"sim0000": WCS})
    scores = {"encoder": "PROBABILITY"}
    return judging.Case(sky, stacked({"sim0000": clusters}), tables, scores)


def report_of(case, **section):
    section = config(evaluate={"draws": 20, **section})["evaluate"]
    return plain(judging.evaluate(case, section, settings.rule(section), SEED)[0])


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
