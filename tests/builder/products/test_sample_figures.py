"""Figures of a sample."""

import invented_galaxy
import numpy as np
from skyloom.builder.products import sample_figures as sample
from skyloom.plots import style


def drawn(fig, tmp_path):
    style.save(fig, tmp_path / "f.png", dpi=40)
    return (tmp_path / "f.png").stat().st_size > 100


def test_mosaic_has_a_thumbnail_a_galaxy(tmp_path):
    """Galaxies without image or model have their place too."""
    image = np.random.default_rng(1).normal(1, 0.1, (30, 40))
    galaxies = [
        sample.Thumbnail("1", image, None, invented_galaxy.MODEL),
        sample.Thumbnail("2", None),
        sample.Thumbnail("3", image),
    ]
    fig = sample.mosaic(galaxies, n_columns=2)
    assert len(fig.axes) == 4
    assert [t.get_text() for t in fig.axes[1].texts] == ["2", "no image"]
    assert [t.get_text() for t in fig.axes[2].texts] == ["3", "5″"]
    assert drawn(fig, tmp_path)


def test_empty_samples_draw(tmp_path):
    """A run where nothing worked still has its figures."""
    none = np.array([])
    assert drawn(sample.mosaic([]), tmp_path)
    assert drawn(sample.chisq_histogram({"agg": [None]}), tmp_path)
    assert drawn(sample.comparison([sample.Panel("q", none, none)], "a", "b"), tmp_path)


def test_histogram_quotes_medians_of_finite_values():
    """Failed fits are left out of number and median."""
    fig = sample.chisq_histogram({"agg": [1.0, 2.0, None, np.nan, 3.0]})
    words = fig.axes[0].get_legend().get_texts()[0].get_text()
    assert words == "agg: n = 3, median 2.000"


def test_comparison_quotes_offset_and_robust_scatter():
    """One outlier moves neither median nor scatter."""
    x = np.arange(1.0, 12.0)
    y = x + 0.5 + 0.1 * np.resize([-1, 0, 1], 11)
    y[3] = 1e3
    fig = sample.comparison([sample.Panel("q", x, y, log=True)], "ours", "theirs")
    assert fig.axes[0].texts[0].get_text() == "n = 11\n+0.5; 0.148"


def test_frequencies_place_every_component(tmp_path):
    """A component missing from one stage keeps its place."""
    row = {"value": 0.5, "low": 0.4, "high": 0.6}
    none = {"value": None, "low": 0.0, "high": 1.0}
    stages = {"drawn": {"disk": row, "bar": row}, "fitted": {"bar": none}}
    fig = sample.component_frequencies(stages)
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()] == ["disk", "bar"]
    assert drawn(fig, tmp_path)


def test_support_counts_galaxies(tmp_path):
    """Each panel says in how many galaxies a component has support."""
    failed = invented_galaxy.aggregate(support=dict.fromkeys(("disk", "bulge")))
    fig = sample.support([invented_galaxy.aggregate(), failed])
    assert [a.get_title() for a in fig.axes] == [
        f"{name}: 1 of 2" for name in ("disk", "bulge", "bar", "arms")
    ]
    assert drawn(fig, tmp_path)
