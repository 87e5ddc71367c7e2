"""Figures of pitch angles."""

import numpy as np
import pytest
from skyloom.builder.products import pitch_figures
from skyloom.plots import style


def drawn(fig, tmp_path):
    style.save(fig, tmp_path / "f.png", dpi=40)
    return (tmp_path / "f.png").stat().st_size > 100


def test_galaxies_are_sorted_and_carry_their_arms(tmp_path):
    """Galaxy 8 has the smallest pitch angle: its arm stands at the left end."""
    quantiles = dict(zip(pitch_figures.QUANTILES, (5, 8, 10, 12, 15), strict=True))
    galaxies = [
        {"galaxy": i} | {k: v + 9 - i for k, v in quantiles.items()} for i in range(9)
    ]
    arms = [{"galaxy": 8, "pitch_angle": 11.0, "pitch_angle_err": 1.0}]
    arms[0]["pitch_angle_err_normal"] = 0.0
    fig = pitch_figures.pitch_galaxies({"galaxies": galaxies, "arms": arms})
    assert list(fig.axes[0].lines[0].get_xdata()) == [0]
    assert drawn(fig, tmp_path)


def test_population_quotes_the_scatter(tmp_path):
    """Mean and standard deviation of the scatter's draws are written out."""
    rng = np.random.default_rng(5)
    scatter = np.repeat([8.0, 10.0], 500)
    fig = pitch_figures.pitch_population(rng.uniform(5, 40, (50, 9)), scatter)
    assert "9.0 $\\pm$ 1.0°" in fig.axes[1].texts[0].get_text()
    assert drawn(fig, tmp_path)


def test_failed_sampling_has_its_figures(tmp_path):
    """No posterior, no draws: the figures say so."""
    assert drawn(pitch_figures.pitch_galaxies({"status": "failed"}), tmp_path)
    fig = pitch_figures.pitch_population(np.zeros((0, 0)), np.zeros(0))
    assert fig.axes[0].texts[0].get_text() == "no pitch angles"
    assert drawn(fig, tmp_path)
    assert drawn(pitch_figures.winding([]), tmp_path)


def test_winding_leaves_gaps_where_nothing_was_tested(tmp_path):
    """Too few galaxies give None: a gap, not a zero."""
    from skyloom.builder.pitch.winding import winding_scan

    draws = np.random.default_rng(1).uniform(10, 40, (20, 12))
    rows = winding_scan(draws, [5, 10, 39.9], 50)
    rows[2]["anderson_darling_rejected"] = None
    fig = pitch_figures.winding(rows)
    line = fig.axes[0].lines[0].get_ydata()
    assert np.isnan(line[2])
    assert np.isfinite(line[:2]).all()
    assert drawn(fig, tmp_path)


def test_morphology_leaves_out_unknown_strengths(tmp_path):
    """Galaxies without a bulge or a pitch angle are not counted."""
    strengths = {"bulge": [0.1, np.nan, 0.3], "bar": [0.5, 0.6, 0.7]}
    fig = pitch_figures.morphology([10, 20, np.nan], [1, 1, 1], strengths)
    assert [a.texts[0].get_text() for a in fig.axes] == ["n = 1", "n = 2"]
    assert drawn(fig, tmp_path)


@pytest.mark.parametrize("angle", [12.0, 88.0])
def test_axis_reaches_the_largest_angle(angle):
    """The axis ends at the next ten degrees, at most at 90."""
    fig = pitch_figures.pitch_population(np.full((10, 4), angle), np.ones(10))
    assert fig.axes[0].get_xlim()[1] == min(90, 10 * np.ceil(angle / 10))
