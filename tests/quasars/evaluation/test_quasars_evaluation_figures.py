"""Figures of an evaluation."""

import numpy as np
import pandas as pd
import pytest
from skyloom.plots import style
from skyloom.quasars.evaluation import figures, metrics, thresholds
from skyloom.quasars.evaluation.compare import compare
from skyloom.quasars.network.architecture import Architecture


@pytest.fixture
def rng():
    return np.random.default_rng(6)


@pytest.fixture
def results(rng):
    n = 300
    is_qso = rng.random(n) < 0.6
    z = np.where(is_qso, rng.uniform(0.3, 4, n), 0)
    columns = {"TARGETID": np.arange(n), "TILEID": 1, "EXPID": 1}
    columns |= {"C_BEST": np.clip(rng.normal(np.where(is_qso, 0.8, 0.2), 0.2), 0, 1)}
    columns |= {"Z": z + rng.normal(0, 0.002, n), "SN": rng.lognormal(0, 1, n)}
    truth = {"targetid": np.arange(n), "z": z, "klass": np.where(is_qso, "QSO", "STAR")}
    truth |= {"confident": True, "quality": 4.0, "bal": 0, "source": "us"}
    return pd.DataFrame(columns), pd.DataFrame(truth)


def drawn(fig, tmp_path):
    style.save(fig, tmp_path / "f.png", dpi=40)
    return (tmp_path / "f.png").stat().st_size > 500


def test_purity_figure(results, tmp_path):
    """It says whether the purity was reached."""
    table, truth = results
    data = thresholds.sample(
        table["TARGETID"], table["C_BEST"], truth["klass"] == "QSO"
    )
    for target, words in ((0.9, "for purity 0.9"), (0.9999, "not shown")):
        found = thresholds.threshold_for_purity(data, target)
        fig = figures.purity_figure(thresholds.purity_curve(data), found)
        assert words in fig.axes[0].get_title()
        assert drawn(fig, tmp_path)


def test_figures_of_metrics(results, tmp_path):
    """Rates by signal and redshift, bins in order; errors clipped to the ends."""
    table, truth = results
    rows = metrics.judged(table, truth, 0.5)
    fig = figures.rates_figure(metrics.table(rows))
    ticks = [t.get_text() for t in fig.axes[1].get_xticklabels()]
    assert ticks == sorted(
        ticks, key=lambda text: float(text.removeprefix("from ").split()[0])
    )
    assert drawn(fig, tmp_path)
    assert drawn(figures.redshift_figure(rows), tmp_path)
    assert drawn(figures.redshift_figure(rows.assign(called=False)), tmp_path)


def test_comparison_figure_counts_flips(results, tmp_path):
    """Flips in their colour, with their number."""
    table, _ = results
    found = compare(table, table.assign(C_BEST=1 - table["C_BEST"]), (0.5, 0.5))
    fig = figures.comparison_figure(found)
    flips = found["FLIP"].sum()
    labels = [t.get_text() for t in fig.axes[2].get_legend().get_texts()]
    assert labels == [f"{300 - flips} same", f"{flips} flip"]
    assert drawn(fig, tmp_path)


LINED = Architecture(lines=("CIV", "MGII"), bal_lines=())


def lined(n, seed=3):
    """Return found quasars of two lines; Mg II is the surer one of the even rows."""
    z = np.random.default_rng(seed).uniform(1.5, 2.3, n)
    rows = pd.DataFrame({"z_true": z, "Z": z + 0.001})
    even = np.arange(n) % 2 == 0
    rows["C_CIV"], rows["C_MGII"] = np.where(even, 0.5, 0.9), np.where(even, 0.9, 0.5)
    return rows.assign(Z_CIV=z + 0.01, Z_MGII=z - 0.02)


def test_best_line_is_the_most_confident():
    """Its place among the lines, and its own redshift."""
    rows = lined(4)
    line, z = figures.best_line(rows, LINED)
    assert line.tolist() == [1, 0, 1, 0]
    np.testing.assert_allclose(
        z - rows["z_true"], [-0.02, 0.01, -0.02, 0.01], atol=1e-12
    )
    tied = figures.best_line(rows.assign(C_MGII=rows["C_CIV"]), LINED)[0]
    assert not tied.any()


def test_pile_up_figure_has_three_methods(tmp_path):
    """Redshifts to the largest, places in 0 to 1; each histogram holds all rows."""
    fig = figures.pile_up_figure(lined(60), LINED)
    left, right = fig.axes
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    assert labels == ["truth", "best line alone", "consensus"]
    assert right.get_xlim() == (0, 1)
    for panel in fig.axes:
        heights = [patch.get_xy()[:, 1].max() for patch in panel.patches]
        assert len(heights) == 3
        assert min(heights) >= 1
    assert drawn(fig, tmp_path)


def test_pile_up_figure_of_nothing(tmp_path):
    """No quasar was found: an empty figure, no warning."""
    assert drawn(figures.pile_up_figure(lined(0), LINED), tmp_path)
    far = lined(3).assign(z_true=9.0, Z=9.0, Z_CIV=9.0, Z_MGII=9.0)
    assert drawn(figures.pile_up_figure(far, LINED), tmp_path)
