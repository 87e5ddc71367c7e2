"""Scores become the frequencies that they stand for, and are judged by them."""

import json

import numpy as np
import pytest
from scipy import special
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from skyloom.stats import calibration
from skyloom.stats.calibration import Forecast, Platt, fit_platt, platt_from_json


def simulated(n, seed):
    """Return scores which are too sure, and their truths."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(-1, 2, n)
    truth = rng.random(n) < special.expit(logit)
    return special.expit(2.0 * logit + 1.0), truth


def tiles(seed=0, fields=60, power=1.0):
    """Return 64 forecasts of each field; the chance is a power of what is told."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 3, fields * 64)
    truth = rng.random(p.shape) < p**power
    return Forecast(p, truth, np.repeat(np.arange(fields), 64))


def rng():
    return np.random.default_rng(1)


def test_platt_finds_the_line_that_made_the_scores():
    """Logit of the truth = (logit of the score - 1) / 2; on others the error falls."""
    known = fit_platt(*simulated(10_000, 3))
    assert known.slope == pytest.approx(0.5, abs=0.03)
    assert known.intercept == pytest.approx(-0.5, abs=0.05)
    score, truth = simulated(10_000, 2)
    objects = np.arange(len(score))
    before, after = (
        calibration.calibration_error(Forecast(p, truth, objects), rng())["value"]
        for p in (score, known(score))
    )
    assert before > 0.08
    assert after < 0.02
    assert (np.diff(known(np.sort(score))) >= 0).all()


@pytest.mark.parametrize("line", [(1.0, 0.0), (0.5, 1.0), (1.8, -2.0)])
def test_the_line_is_scikit_learns(line):
    """An unpenalised logistic regression has the same most likely line."""
    draw = np.random.default_rng(0)
    logit = draw.normal(-1, 2, 4000)
    truth = draw.random(4000) < special.expit(line[0] * logit + line[1])
    free = LogisticRegression(C=np.inf).fit(logit[:, None], truth)
    found = calibration.fit_line(logit, truth)
    theirs = free.coef_[0, 0], free.intercept_[0]
    assert found == pytest.approx(theirs, abs=2e-3)
    assert found == pytest.approx(line, abs=0.2)


def test_weights_count_as_copies():
    """Half the weight of each of two copies is the sample itself."""
    score, truth = simulated(300, 5)
    once = fit_platt(score, truth)
    twice = fit_platt(np.repeat(score, 2), np.repeat(truth, 2), np.full(600, 0.5))
    assert (twice.slope, twice.intercept) == pytest.approx(
        (once.slope, once.intercept), abs=1e-4
    )
    few = fit_platt(score, truth, np.where(truth, 0.25, 1.0))
    assert few.intercept < once.intercept - 1
    more = fit_platt(np.repeat(score, 2), np.repeat(truth, 2))
    assert abs(more.slope - once.slope) > 1e-4


def test_few_scores_that_part_the_classes_stay_finite():
    """Platt's targets: of 5 and 5, no more than 6 in 7 is believed."""
    score = np.linspace(0.1, 0.9, 10)
    made = fit_platt(score, score > 0.5)([0.0, 0.05, 0.95, 1.0])
    assert np.isfinite(made).all()
    assert 0 <= made[0] < 0.5 < made[-1] <= 1
    two = fit_platt([0.3, 0.7], [False, True])
    assert two([0.3, 0.7]) == pytest.approx([1 / 3, 2 / 3], abs=1e-3)


def test_a_calibration_rises():
    """Scores that are the wrong way round do not turn the order of candidates."""
    score = np.linspace(0.1, 0.9, 50)
    assert fit_platt(score, score < 0.5).slope > 0


def test_plain_numbers_keep_a_calibration():
    """Through JSON and back; NaN stays NaN."""
    known = fit_platt(*simulated(200, 4))
    assert platt_from_json(json.loads(json.dumps(known.to_json()))) == known
    assert np.isnan(Platt(1.0, 0.0)(np.nan))


def test_the_calibration_that_ships_is_read(checkout):
    """The form of the file stays: a kind and one row of numbers."""
    shipped = checkout / "resources/models/quasars/calibration.json"
    tree = json.loads(shipped.read_text())["probability"]
    assert platt_from_json(tree).to_json() == tree


@pytest.mark.parametrize(
    ("score", "truth", "message"),
    [
        ([], [], "not none"),
        ([0.5], [1, 0], "expected one each"),
        ([0.5, 1.5], [1, 0], "from 0 to 1"),
        ([0.5, -0.01], [1, 0], "from 0 to 1"),
        ([0.5, np.nan], [1, 0], "from 0 to 1"),
        ([0.5, 0.6], [1, 1], "all 2 candidates are True"),
    ],
)
def test_bad_samples_are_refused(score, truth, message):
    """Nothing is fitted to them."""
    with pytest.raises(ValueError, match=message):
        fit_platt(score, truth)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"kind": "beta", "numbers": [[1, 0]]},
        {"kind": "platt", "numbers": [[1, 0, 2]]},
        {"kind": "platt", "numbers": [[-1, 0]]},
        {"kind": "platt", "numbers": [[0, 0]]},
        {"kind": "platt", "numbers": [[1, None]]},
        {"kind": "platt", "numbers": [["nan", 0]]},
        {"kind": "platt", "numbers": [1, 0]},
        {"kind": "platt", "numbers": [[1, 0], [1, 0]]},
    ],
)
def test_bad_calibrations_are_refused(tree):
    """Another kind, or numbers that are no rising function."""
    with pytest.raises(ValueError, match="calibration"):
        platt_from_json(tree)


@pytest.mark.parametrize("binning", calibration.BINNINGS)
def test_right_probabilities_are_on_the_diagonal(binning):
    """The share lies within three standard errors, the error near its floor."""
    data = tiles()
    table = calibration.reliability(data, rng(), binning=binning)
    spread = np.sqrt(table["score"] * (1 - table["score"]) / table["n"])
    assert (np.abs(table["value"] - table["score"]) < 3 * spread).all()
    assert table["n"].sum() == len(data.truth)
    error = calibration.calibration_error(data, rng(), binning=binning)
    assert error["value"] < 2 * error["if_right"]


def test_the_floor_is_that_of_many_samples():
    """What true probabilities give on average, by drawing their truths again."""
    data, draw = tiles(fields=10), np.random.default_rng(5)
    again = [
        Forecast(data.probability, draw.random(640) < data.probability, data.objects)
        for _ in range(40)
    ]
    found = [calibration.calibration_error(one, rng()) for one in again]
    mean = np.mean([one["value"] for one in found])
    assert found[0]["if_right"] == pytest.approx(mean, rel=0.1)


def test_wrong_probabilities_are_not():
    """Of p that should be p squared: the mean difference, and no floor excuses it."""
    data = tiles(power=2.0)
    error = calibration.calibration_error(data, rng())
    expected = np.mean(data.probability - data.probability**2)
    assert abs(error["value"] - expected) < 0.01
    assert error["low"] < error["value"] < error["high"]
    assert error["low"] > 3 * error["if_right"]


def test_bins_are_scikit_learns():
    """Equal width and equal number."""
    data = tiles()
    for binning, name in (("width", "uniform"), ("count", "quantile")):
        table = calibration.reliability(data, rng(), binning=binning)
        true, mean = calibration_curve(
            data.truth, data.probability, n_bins=10, strategy=name
        )
        assert np.allclose(table["value"], true, atol=0.01)
        assert np.allclose(table["score"], mean, atol=0.01)


def test_brier_is_scikit_learns():
    """And that of the prevalence is larger."""
    data = tiles()
    found = calibration.brier(data, rng())
    theirs = brier_score_loss(data.truth, data.probability)
    assert np.isclose(found["value"], theirs)
    told = brier_score_loss(data.truth, np.full(len(data.truth), data.truth.mean()))
    assert np.isclose(found["constant"], told)
    assert found["low"] < found["value"] < found["high"] < found["constant"]


def test_error_by_hand():
    """Two bins: |1 - 0.3 - 0.3| and |1 - 0.8|, over three; an edge is of the upper."""
    data = Forecast(np.array([0.3, 0.3, 0.8]), np.array([1, 0, 1]), np.arange(3))
    error = calibration.calibration_error(data, rng())
    assert error["value"] == pytest.approx((0.4 + 0.2) / 3)
    edge = Forecast(np.array([0.5, 1.0, 0.0]), np.array([1, 1, 0]), np.arange(3))
    table = calibration.reliability(edge)
    assert table["from"].tolist() == [0, 0.5, 0.9]
    assert table["n"].tolist() == [1, 1, 1]
    assert table["score"].tolist() == [0, 0.5, 1]


def test_reliability_of_weights_by_hand():
    """Two exposures of one target are one trial; without draws, Jeffreys' interval."""
    data = Forecast(
        np.array([0.05, 0.07, 0.02, 1.0]),
        np.array([True, True, False, True]),
        np.array([1, 1, 2, 3]),
        np.array([0.5, 0.5, 1, 1]),
    )
    table = calibration.reliability(data)
    assert table["from"].tolist() == [0, 0.9]
    assert table["n"].tolist() == [2, 1]
    assert table["value"].tolist() == [0.5, 1]
    assert np.isclose(table["score"][0], 0.04)
    assert table["high"][1] == 1
    assert 0 < table["low"][1] < 0.5


def test_intervals_are_of_objects():
    """Ten copies of the tiles of each field make no interval narrower."""
    one = tiles(fields=20)
    columns = (one.probability, one.truth, one.objects)
    many = Forecast(*(np.repeat(v, 10) for v in columns))
    for call in (calibration.brier, calibration.calibration_error):
        first, again = (call(d, rng()) for d in (one, many))
        assert np.isclose(first["high"] - first["low"], again["high"] - again["low"])
    widths = [
        (t["high"] - t["low"]).to_numpy()
        for t in (calibration.reliability(d, rng()) for d in (one, many))
    ]
    assert np.allclose(*widths)


def test_equal_probabilities_stay_together():
    """A constant map has one bin, whatever the binning."""
    data = Forecast(np.full(100, 0.1), np.zeros(100, bool), np.repeat(range(4), 25))
    for binning in calibration.BINNINGS:
        table = calibration.reliability(data, rng(), binning=binning)
        assert table["n"].tolist() == [100]
        error = calibration.calibration_error(data, rng(), binning=binning)
        assert np.isclose(error["value"], 0.1)


def test_other_bins_are_refused():
    with pytest.raises(ValueError, match="bins of 'area': expected one of"):
        calibration.reliability(tiles(), binning="area")


def test_a_fold_does_not_judge_itself():
    """One of another kind is told wrongly by the others, and counts so."""
    rng = np.random.default_rng(5)
    fold = np.repeat(np.arange(8), 50)
    score = rng.uniform(0.05, 0.95, len(fold))
    true = rng.uniform(size=len(fold)) < score
    odd = fold == 3
    true[odd] = rng.uniform(size=odd.sum()) > score[odd]
    own = fit_platt(score[~odd], true[~odd])(score[odd])
    others = calibration.cross_fitted(score, true, fold)
    np.testing.assert_allclose(others[odd], own)
    fitted = fit_platt(score[odd], true[odd])(score[odd])
    error = calibration.expected_error
    assert error(others[odd], true[odd]) > error(fitted, true[odd])


def test_folds_are_weighed():
    """A row of weight 2 says as much as two of weight 1."""
    score, truth = simulated(200, 3)
    fold = np.arange(200) % 4
    twice = np.repeat(np.arange(200), 2)
    weighed = calibration.cross_fitted(score, truth, fold, np.full(200, 2.0))
    doubled = calibration.cross_fitted(score[twice], truth[twice], fold[twice])
    np.testing.assert_allclose(weighed, doubled[::2], rtol=1e-4)


@pytest.mark.parametrize("kind", [True, False])
def test_others_of_one_kind_tell_nothing(kind):
    """Without true and false ones elsewhere there is no line."""
    true = np.array([kind] * 6 + [not kind])
    fold = np.array([0, 0, 0, 1, 1, 1, 2])
    assert calibration.cross_fitted(np.linspace(0.1, 0.9, 7), true, fold) is None


def test_scores_of_0_and_1_are_a_millionth_away():
    """Their logits are those of 1e-6 and 1 - 1e-6; what lies between is itself."""
    found = calibration.logit([0.0, 1e-7, 2e-6, 0.25, 1.0])
    wanted = np.log([1e-6, 1e-6, 2e-6, 1 / 3, 1e6])
    assert found == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(("true", "fitted"), [(200.0, 200.0), (3000.0, 1000.0)])
def test_a_line_rises_by_a_thousand_at_most(true, fitted):
    """And by a thousandth at least, where it ought to fall."""
    logits = np.linspace(-0.003, 0.003, 61)
    share = 1 / (1 + np.exp(-true * logits))
    assert calibration.fit_line(logits, share)[0] == pytest.approx(fitted, rel=0.02)
    slope, offset = calibration.fit_line(logits * 1e3, 1 - share)
    assert slope == pytest.approx(1e-3)
    assert offset == pytest.approx(0, abs=0.01)


def test_there_are_ten_bins():
    """Of a tenth each; a calibration that neither rises nor falls is none."""
    p = np.linspace(0.005, 0.995, 100)
    data = Forecast(p, p > 0.5, np.arange(100))
    table = calibration.reliability(data)
    assert table["from"].tolist() == pytest.approx(np.arange(10) / 10)
    assert table["n"].tolist() == [10] * 10
    with pytest.raises(ValueError, match="rising"):
        platt_from_json({"kind": "platt", "numbers": [[0.0, 1.0]]})
