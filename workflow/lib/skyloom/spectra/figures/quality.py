"""Pictures of how good maps are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skyloom.plots import style
from skyloom.plots.diagrams import MARKS, bars, one_to_one
from skyloom.spectra.figures.colours import MAPS
from skyloom.stats.scatter import nmad

ACROSS = 3  # panels beside each other
PANEL_HEIGHT = 1.7  # [inch]
SN_TICKS = (2, 5, 10, 20, 50, 100, 200)
# As a legend has the maps.
NAMES = {
    "desom": "DESOM",
    "som": "SOM",
    "pca_som": "PCA, SOM",
    "kmeans": "k-means",
    "ae_som": "autoencoder, SOM",
}
AXES = {"meansn2": "S/N a pixel", "redshift": "redshift"}


@style.styled
def comparison(table: pd.DataFrame) -> Figure:
    """Return the headline numbers of maps side by side, a panel a number.

    `table` is that of `skyloom.spectra.quality.judge.summary`.
    """
    numbers = table["what"].unique()
    fig, panels = _panels(len(numbers), sharey=True)
    for axes, what in zip(panels, numbers, strict=False):
        rows = table[table["what"] == what].reset_index(drop=True)
        for k, row in rows.iterrows():
            low, high = (float(row[end]) for end in ("low", "high"))
            look = {"color": MAPS[row["map"]]}
            axes.plot([low, high], [k, k], lw=1.5, **look)
            axes.plot(row["value"], k, marker=MARKS[k % len(MARKS)], ms=5, **look)
        axes.set_yticks(range(len(rows)), [NAMES[name] for name in rows["map"]])
        axes.set(title=what, ylim=(len(rows) - 0.5, -0.5))
        axes.tick_params(axis="y", which="both", length=0)
        axes.yaxis.minorticks_off()
    return fig


@style.styled
def bias(reports: Mapping[str, Mapping]) -> Figure:
    """Return the bias of reconstructions against S/N and redshift, of each map."""
    columns = [c for c in AXES if any(c in r["bias"] for r in reports.values())]
    fig = style.figure(style.PAGE_WIDTH, 2.8)
    panels = np.ravel(fig.subplots(1, max(1, len(columns)), sharey=True))
    for axes, column in zip(panels, columns, strict=False):
        axes.axhline(0, color=style.GREY, lw=0.8, ls=":")
        for (name, report), mark in zip(reports.items(), MARKS, strict=False):
            rows = pd.DataFrame(report["bias"][column])
            look = {"color": MAPS[name], "marker": mark, "label": NAMES[name]}
            bars(axes, rows["centre"], rows, **look)
        axes.set_xlabel(AXES[column])
        if column == "meansn2":
            axes.set_xscale("log")
            style.log_ticks(axes.xaxis, SN_TICKS)
    panels[0].set_ylabel("model less data, mean of a spectrum\n[scaled flux]")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return fig


@style.styled
def line_indices(value: pd.DataFrame, model: pd.DataFrame, units: Mapping) -> Figure:
    """Return line indices of reconstructions against those of the data.

    Parameters
    ----------
    value, model : DataFrame
        A row a spectrum, a column an index.
    units : mapping of str to str
        Of the indices: ``"Å"``, ``"mag"`` or nothing.
    """
    fig, panels = _panels(len(value.columns))
    for axes, name in zip(panels, value, strict=False):
        known = np.isfinite(value[name]) & np.isfinite(model[name])
        x, y = value[name][known], model[name][known]
        ends = np.percentile(np.concatenate([x, y]), (2, 98)) if len(x) else (0, 1)
        axes.plot(x, y, ",", color=style.BLACK, rasterized=True)
        one_to_one(axes, ends, ends)
        margin = 0.05 * (ends[1] - ends[0])
        ends = ends[0] - margin, ends[1] + margin
        unit = f" [{units[name]}]" if units[name] else ""
        axes.set(title=f"{name}{unit}", xlim=ends, ylim=ends)
        if len(x):
            text = f"{np.median(y - x):+.3f} ± {nmad(y - x):.3f}"
            style.note(axes, text, fontsize=7)
    fig.supxlabel("data", fontsize=9)
    fig.supylabel("reconstruction", fontsize=9)
    return fig


def _panels(count: int, **how):
    rows = max(1, -(-count // ACROSS))
    fig = style.figure(style.PAGE_WIDTH, rows * PANEL_HEIGHT + 0.3)
    panels = fig.subplots(rows, ACROSS, squeeze=False, **how).ravel()
    for axes in panels[count:]:
        axes.set_axis_off()
    return fig, panels
