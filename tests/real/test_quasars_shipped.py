"""The ensemble that comes with skyloom, on real spectra that it has never seen.

It was trained and calibrated on simulations alone. Every second row of the table of
truth was looked at while it was built (`LOOKED_AT`); figures are of the others.
"""

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.config import Survey
from skyloom.quasars.evaluation import metrics
from skyloom.quasars.inputs import spectra
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.survey.ensembles import ELSEWHERE, read_ensemble
from skyloom.quasars.tasks.survey import classifier_of, classify_files
from skyloom.run.digest import ROOT
from skyloom.stats.scatter import nmad

pytestmark = pytest.mark.real

FOLDER = ROOT / "resources" / "models" / "quasars"
LOOKED_AT = slice(0, None, 2)
OTHERS = slice(1, None, 2)


@pytest.fixture(scope="module")
def judged(real):
    """Return the judged rows of the 66 spectra, by noise."""
    networks, calibration = (
        sorted(FOLDER.glob("net_*.keras")),
        FOLDER / "calibration.json",
    )
    how = Survey(runner="numpy")
    ensemble = read_ensemble(networks, calibration)
    assert ensemble.survey == how.model_dump(exclude=set(ELSEWHERE))
    by, threshold = classifier_of(networks, calibration, None, how), ensemble.threshold
    place = real / "quasars" / "boss7102"
    truth = read_truth(place / "truth_vi.csv")
    bals = truth.loc[truth["bal"] == 1, "targetid"]
    files = spectra(str(place))
    found = {}
    for noise in (1, 4):
        rows = classify_files(files, by, threshold, noise)
        for name, part in (("looked at", LOOKED_AT), ("others", OTHERS)):
            one = metrics.judged(rows, truth.iloc[part], threshold)
            found[noise, name] = one.assign(is_bal=one["TARGETID"].isin(bals))
    return found


def test_small_enough_to_ship():
    """At most 10 MB."""
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 10e6


@pytest.mark.parametrize("half", ["looked at", "others"])
def test_finds_all_quasars_and_nothing_else(judged, half):
    """None is missed, no star or galaxy is called."""
    rows = judged[1, half]
    assert rows.loc[rows["is_qso"], "called"].all()
    assert not rows.loc[~rows["is_qso"], "called"].any()


@pytest.mark.parametrize("half", ["looked at", "others"])
def test_redshifts(judged, half):
    """NMAD within 300 km/s, none beyond 3000."""
    rows = judged[1, half]
    dv = rows.loc[rows["is_qso"], "dv"].to_numpy()
    assert nmad(dv) <= 300
    assert (np.abs(dv) < 3000).all()


def test_four_times_the_noise(judged):
    """80 percent of all quasars are still found, and one other object at most."""
    halves = [judged[4, half] for half in ("looked at", "others")]
    rows = pd.concat(halves, ignore_index=True)
    assert rows.loc[rows["is_qso"], "called"].mean() >= 0.8
    assert rows.loc[~rows["is_qso"], "called"].sum() <= 1


def test_half_is_even_odds_of_broad_absorption(judged):
    """No inspected quasar without it, C IV in view, is above 0.5."""
    rows = pd.concat([judged[1, half] for half in ("looked at", "others")])
    clean = rows["is_qso"] & ~rows["is_bal"] & (rows["z_true"] > 1.57)
    assert clean.sum() > 25
    assert (rows.loc[clean, "C_BAL_CIV"] < 0.5).all()
