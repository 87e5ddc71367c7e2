"""Diagrams that areas share: what they show, and that they can be saved."""

import numpy as np
import pandas as pd
import pytest
from skyloom.plots import diagrams, style
from skyloom.stats.calibration import Forecast, calibration_error, reliability


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def test_bars_reach_from_low_to_high():
    """A missing interval is none, one beside its value ends there."""
    axes = style.figure(3, 3).subplots()
    table = pd.DataFrame(
        {
            "value": [0.5, 0.5, 0.5],
            "low": [0.3, np.nan, 0.6],
            "high": [0.8, np.nan, 0.7],
        }
    )
    diagrams.bars(axes, [1, 2, 3], table)
    (container,) = axes.containers
    ends = np.array([line[:, 1] for line in container[2][0].get_segments()])
    assert ends == pytest.approx(np.array([[0.3, 0.8], [0.5, 0.5], [0.5, 0.7]]))


@pytest.mark.parametrize(
    ("n", "line"), [(diagrams.FEW, "None"), (diagrams.FEW + 1, "-")]
)
def test_few_points_are_not_joined(n, line):
    """Five points or fewer are shown as points; what the caller says stands."""
    axes = style.figure(3, 3).subplots()
    table = pd.DataFrame({"value": np.ones(n), "low": 0.5, "high": 1.5})
    diagrams.bars(axes, np.arange(n), table)
    diagrams.bars(axes, np.arange(n), table, ls=":")
    assert [c.lines[0].get_linestyle() for c in axes.containers] == [line, ":"]


def test_reliability_names_its_errors():
    """And shows how many there are of each probability; nothing is an empty figure."""
    rng = np.random.default_rng(0)
    p = rng.random(500)
    data = Forecast(p, rng.random(500) < p, np.arange(500))
    error = calibration_error(data, rng)
    tables, colours = {"us": reliability(data, rng)}, {"us": style.GREEN}
    fig = diagrams.reliability(tables, {"us": error}, "share", colours)
    upper, lower = fig.axes
    assert texts(fig.legends[0])[0].startswith(f"us: ECE {error['value']:.3f} (")
    assert upper.get_ylabel() == "share"
    assert lower.patches[0].get_data().values.sum() == 500
    assert style.png(fig, 50)
    assert style.png(diagrams.reliability({}, {}, "share", {}), 50)


def test_precision_recall_draws_each_curve():
    table = pd.DataFrame({"completeness": [0.2, 0.8], "purity": [1.0, 0.7]})
    labels, colours = {"a": "the first", "b": "b"}, {"a": "red", "b": "blue"}
    fig = diagrams.precision_recall({"a": table, "b": table}, labels, colours)
    (axes,) = fig.axes
    assert texts(axes.get_legend()) == ["the first", "b"]
    assert [line.get_color() for line in axes.lines] == ["red", "blue"]
    assert axes.lines[0].get_ydata().tolist() == [1.0, 0.7]
    assert axes.lines[0].get_xdata().tolist() == [0.2, 0.8]


def test_one_to_one_spans_both():
    """NaN left out; without values it is still a line."""
    axes = style.figure(3, 3).subplots()
    diagrams.one_to_one(axes, [1.0, 5.0], [np.nan, -2.0])
    diagrams.one_to_one(axes, [], [])
    first, second = axes.lines
    assert list(first.get_xdata()) == list(first.get_ydata()) == [-2, 5]
    assert list(second.get_xdata()) == [0.1, 1.0]


def test_shades_have_an_order():
    """From dark to light, each another."""
    light = diagrams.shades(5)[:, :3].sum(axis=1)
    assert (np.diff(light) > 0).all()
