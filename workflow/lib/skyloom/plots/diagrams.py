"""Diagrams that areas share: reliability, one-to-one, rates with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import style

MARKS = "osD^vP*X"
FEW = 5  # points, that no line joins


def joined(n: int) -> str:
    """Return the line style between `n` points: none where they are few."""
    return "none" if n <= FEW else "-"


def shades(n: int) -> np.ndarray:
    """Return `n` colours of things in an order, from the first to the last."""
    return colormaps[style.SEQUENTIAL_MAP](np.linspace(0.0, 0.85, n))


def bars(axes: Axes, x, table: pd.DataFrame, **look) -> None:
    """Draw ``value`` against x with its interval from ``low`` to ``high``.

    A line joins the points unless they are few, or `look` says otherwise.
    """
    value, low, high = (table[k].to_numpy(float) for k in ("value", "low", "high"))
    # An interval may be missing or, of a bootstrap, beside the value.
    ends = np.maximum(np.nan_to_num([value - low, high - value]), 0)
    look = {"ms": 3.5, "capsize": 1.5, "elinewidth": 0.8, "lw": 1.0} | look
    if "fmt" not in look:
        look = {"ls": joined(len(table))} | look
    axes.errorbar(np.asarray(x, float), value, ends, **look)


@style.styled
def reliability(
    tables: Mapping[str, pd.DataFrame],
    errors: Mapping[str, Mapping],
    share: str,
    colours: Mapping[str, str],
) -> Figure:
    """Return how often it is true against the probability, above their numbers.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `skyloom.stats.calibration.reliability` by name.
    errors : mapping of str to mapping
        `skyloom.stats.calibration.calibration_error` by the same names.
    share : str
        What the share is of, for the axis.
    colours : mapping of str to str
        By the same names.
    """
    fig = style.figure(style.COLUMN_WIDTH, style.COLUMN_WIDTH * 1.2)
    upper, lower = fig.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    upper.plot([0, 1], [0, 1], color=style.GREY, lw=0.8, ls=":")
    for (name, table), mark in zip(tables.items(), MARKS, strict=False):
        colour = colours[name]
        ends = "{value:.3f} ({low:.3f} to {high:.3f}; perfect {if_right:.3f})"
        label = f"{name}: ECE {ends.format(**errors[name])}"
        bars(upper, table["score"], table, color=colour, marker=mark, label=label)
        edges = [*table["from"], table["to"].iloc[-1]]
        lower.stairs(table["n"], edges, color=colour, lw=1.0)
    upper.set(ylabel=share, ylim=(-0.02, 1.02), xlim=(0, 1))
    if tables:
        fig.legend(loc="outside upper center", fontsize=7)
    lower.set(xlabel="probability", ylabel="number", yscale="log")
    return fig


@style.styled
def precision_recall(
    curves: Mapping[str, pd.DataFrame],
    labels: Mapping[str, str],
    colours: Mapping[str, str],
) -> Figure:
    """Return purity against completeness.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        ``completeness, purity`` by falling ``score``, by name.
    labels, colours : mapping of str to str
        What the legend says of a name, and its colour.
    """
    fig = style.figure(style.COLUMN_WIDTH, style.COLUMN_WIDTH * 0.95)
    axes = fig.subplots()
    for k, (name, table) in enumerate(curves.items()):
        look = {"color": colours[name], "label": labels[name]}
        # The later ones are thinner: where curves are the same, all are seen.
        look |= {"drawstyle": "steps-post", "lw": max(1.0, 3.4 - 0.8 * k)}
        axes.plot(table["completeness"], table["purity"], **look)
    axes.set(xlabel="completeness", ylabel="purity", xlim=(0, 1.01), ylim=(0, 1.03))
    axes.legend(loc="lower left", fontsize=7)
    return fig


def one_to_one(axes: Axes, x, y) -> None:
    """Draw the line on which both are equal, from the least to the most of them."""
    values = np.concatenate([np.asarray(x, float), np.asarray(y, float)])
    values = values[np.isfinite(values)]
    ends = (values.min(), values.max()) if len(values) else (0.1, 1.0)
    axes.plot(ends, ends, color=style.GREY, lw=0.8, ls=":")
