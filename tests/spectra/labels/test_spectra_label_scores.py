"""What labels are worth: numbers that are known beforehand, and their intervals."""

import numpy as np
import pandas as pd
import pytest
from skyloom.spectra.labels.scores import GOOD, report, scores


@pytest.fixture
def known():
    """Return labels with errors of 0.1 and bias 0.05, and intervals of one sigma."""
    lot = np.random.default_rng(0)
    truth = lot.normal(0, 0.5, 20_000)
    median = truth + 0.05 + 0.1 * lot.normal(size=len(truth))
    ends = np.stack([median - 0.15, median, median + 0.05])
    return truth, ends, np.arange(len(truth)).astype(str)


def test_scores_are_those_that_were_made(known):
    found = scores(*known, np.random.default_rng(1))
    assert found["n"] == found["galaxies"] == 20_000
    assert found["bias"]["value"] == pytest.approx(0.05, abs=0.003)
    assert found["rms"]["value"] == pytest.approx(np.hypot(0.1, 0.05), rel=0.02)
    assert found["nmad"] == pytest.approx(0.1, rel=0.02)
    assert found["coverage"]["value"] == pytest.approx(0.683, abs=0.01)
    assert found["r2"]["value"] == pytest.approx(1 - 0.0125 / 0.25, abs=0.003)
    assert found["half_width"] == pytest.approx(0.1)
    for name in ("bias", "rms", "coverage", "r2"):
        low, value, high = (found[name][k] for k in ("low", "value", "high"))
        assert low < value < high
        assert high - low < 0.02


def test_a_galaxy_of_many_spectra_counts_once(known):
    """Its spectra are wrong by 3; whether there is one or a thousand is the same."""
    truth, ends, names = (a[..., :100] for a in known)
    for copies in (1, 1000):
        far = ends[:, :1] + 3 - (ends[1, 0] - truth[0])
        found = scores(
            np.append(truth, np.repeat(truth[0], copies)),
            np.hstack([ends, np.repeat(far, copies, axis=1)]),
            np.append(names, ["huge"] * copies),
            np.random.default_rng(1),
        )
        bias = (np.mean(ends[1] - truth) * 100 + 3) / 101
        assert found["bias"]["value"] == pytest.approx(bias)
    assert found["bias"]["high"] - found["bias"]["low"] > 0.05


def test_a_report_has_all_bins_that_hold_spectra(known):
    truth, ends, names = known
    lot = np.random.default_rng(2)
    info = pd.DataFrame({"plateifu": names, "meansn2": lot.uniform(6, 60, len(truth))})
    info["redshift"] = lot.uniform(0, 0.1, len(truth))
    truth[:10] = np.nan
    ends[:, 10:15] = np.nan
    found = report(truth, {"map": ends}, info, lot)["map"]
    assert found["all"]["n"] == len(truth) - 15
    assert found["good"]["n"] == (info["meansn2"][15:] >= GOOD).sum()
    assert [(b["from"], b["to"]) for b in found["meansn2"]] == [
        (5, 10),
        (10, 20),
        (20, 40),
        (40, np.inf),
    ]
    for name in ("meansn2", "redshift"):
        assert sum(b["n"] for b in found[name]) == len(truth) - 15
    assert len(found["redshift"]) == 4
    assert "r_re_light" not in found


def test_without_a_known_label_there_is_nothing_to_say(known):
    truth, ends, names = known
    info = pd.DataFrame({"plateifu": names, "redshift": 0.1})
    lot = np.random.default_rng(0)
    assert report(truth * np.nan, {"map": ends}, info, lot) == {"map": {"redshift": []}}
