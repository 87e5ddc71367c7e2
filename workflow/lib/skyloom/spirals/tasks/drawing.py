"""Figures of what was evaluated, and pictures of galaxies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng
from skyloom.spirals.cutouts.pictures import read_picture
from skyloom.spirals.evaluation.votes import pit
from skyloom.spirals.figures.maps import TITLES, Galaxy, galaxy_figure, gallery, nothing
from skyloom.spirals.figures.scores import (
    overlap_figure,
    recovery_figure,
    votes_figure,
)
from skyloom.spirals.measure.consistency import DOUBT, doubts
from skyloom.spirals.segmaps.marks import KINDS
from skyloom.spirals.tasks.evaluating import Case
from skyloom.spirals.tasks.looking import middle
from skyloom.spirals.tasks.predicting import Maps, read_maps

ROWS = 8  # galaxies of the page
NETWORK, VOLUNTEERS = "network", "volunteers"
# Columns of the report on maps that are no methods: of halves and pairs of volunteers.
METHODS = {"halves": "half of the volunteers", "volunteers": "a volunteer"}
NOTHING = {
    "gallery": "no galaxy with marks that did not train",
    "overlap": "no galaxy, that did not train, on which 3 of 15 volunteers agree",
    "recovery": "no simulated galaxy that did not train",
    "votes": "no votes of galaxies that did not train",
}


def figures(report: Mapping, shown: Mapping, seed: int) -> dict[str, Figure]:
    """Return the figures of an evaluation, by name, or why there is nothing."""
    case: Case = shown["case"]
    found = {name: nothing(why) for name, why in NOTHING.items()}
    if len(shown["overlaps"]):
        found["gallery"] = _gallery(case, shown["overlaps"])
    if any(report["maps"].values()):
        found["overlap"] = _overlap(report["maps"], shown["others"])
    counts = case.seen.votes.astype(int)
    most = counts.max(axis=1)
    told = most >= min(most.max(), 2)  # an expert's single answers are no shares
    if most.any():
        own, draw = case.seen.concentrations[told], rng(seed, "figures")
        values = pit(own, counts[told], draw)
        found["votes"] = votes_figure(own, counts[told], values, draw)
    if shown["measures"] is not None:
        found["recovery"] = recovery_figure(shown["measures"])
    return found


def _overlap(report: Mapping, others: pd.DataFrame) -> Figure:
    baselines = list(others["method"].unique())
    tables = {}
    for source, kinds in report.items():
        for kind, own in kinds.items():
            names = {kind: NETWORK} | {k: k.replace("_", " ") for k in baselines}
            names |= {f"{kind}_{k}": title for k, title in METHODS.items()}
            nothing = {"value": np.nan, "low": np.nan, "high": np.nan, "n": 0}
            rows = [{"method": t} | own.get(k, nothing) for k, t in names.items()]
            where = f"{TITLES[kind]}, {source.replace('_', ' ')}"
            tables[where] = pd.DataFrame(rows).astype({"value": float})
    return overlap_figure(tables, METHODS["volunteers"])


def _gallery(case: Case, table: pd.DataFrame) -> Figure:
    """Return a page of the galaxies that most volunteers agree on, of all sources."""
    most = table[[f"{kind}_most" for kind in KINDS]].max(axis=1)
    order = table.assign(most=most).sort_values("most", ascending=False)
    turn = order.groupby("source").cumcount()
    rows = turn.sort_values(kind="stable").index[:ROWS]
    return gallery([_row(case, table, row) for row in rows], NETWORK)


def _row(case: Case, table: pd.DataFrame, row: int) -> Galaxy:
    seen, how = case.seen, case.model.settings
    picture = middle(seen.pictures[row], how.crop, 2 * how.size)
    drawn = np.nan_to_num(seen.shares[row])
    overlap = tuple(float(table.loc[row, kind]) for kind in KINDS)
    return Galaxy(
        case.table["name"][row].rpartition("_")[0] or case.table["name"][row],
        picture.clip(0, 255).astype(np.uint8),
        {VOLUNTEERS: drawn, NETWORK: np.nan_to_num(seen.mean[row])},
        {NETWORK: overlap},
    )


def write_picture(
    name: str,
    paths: Mapping[str, Path],
    images: Mapping[str, str],
    maps: Mapping[str, str],
    recipe: Recipe,
) -> None:
    """Write the picture of a galaxy with its maps, measures and votes."""
    found = read_maps(maps[name])
    image = None if found.reason else read_picture(images[name])
    figure = picture(name, image, found)
    note = text(recipe.record([images[name], maps[name]]))
    style.save(figure, paths["picture"], dpi=150, note=note)


def picture(name: str, image: np.ndarray | None, maps: Maps) -> Figure:
    """Return a galaxy's picture with its maps, measures and votes, or why it has none.

    Parameters
    ----------
    name : str
        The galaxy's.
    image : ndarray of uint8, shape (side, side, 3), or None
        Its picture, row 0 south; None where there are no maps.
    maps : Maps
        What was found.
    """
    if maps.reason:
        return nothing(f"{name}: {maps.reason}")
    shown = middle(image, maps.crop, round(maps.crop * len(image)))
    alpha = np.asarray(maps.votes["concentration"])
    lines = lines_of(maps.measures)
    shown = shown.clip(0, 255).astype(np.uint8)
    scale = maps.scale * maps.mean.shape[-1] / len(shown)
    return galaxy_figure(name, shown, maps.mean, alpha, lines, scale)


def lines_of(row: Mapping) -> list[str]:
    """Return what was measured of a galaxy in words: its bar, and its arms."""
    bar = _with_error(row, "bar_length", "arcsec") or _with_error(
        row, "bar_length_px", "px"
    )
    angle = _with_error(row, "bar_pa", "°")
    pitch = _with_error(row, "pitch_angle", "°")
    arms = (
        f", winding {row['winding']}, number {row['arm_number']:.0f}" if pitch else ""
    )
    of_bar = f"bar {bar}, PA {angle}" if bar else f"bar: {row['bar_reason']}"
    of_arms = f"pitch angle {pitch}{arms}" if pitch else f"arms: {row['arm_reason']}"
    doubted = doubts(row)
    lines = []
    for kind, line in (("bar", of_bar), ("spiral", of_arms)):
        lines += [line, f"({DOUBT})"] if kind in doubted else [line]
    return lines


def _with_error(row: Mapping, key: str, unit: str) -> str:
    value, error = (float(row[name]) for name in (key, f"{key}_err"))
    space = "" if unit == "°" else " "
    return f"{value:.1f} ± {error:.1f}{space}{unit}" if np.isfinite(value) else ""
