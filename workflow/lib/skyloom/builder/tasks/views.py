"""What the notebooks show of a catalogue: numbers, and panels of comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.builder.evaluation.comparison import repaired_published
from skyloom.builder.images.cutout_files import cutout_or_none
from skyloom.builder.model import from_dict
from skyloom.builder.products.catalogue_columns import PUBLISHED, REPEATED
from skyloom.builder.products.catalogue_flags import FLAGS, USES
from skyloom.builder.products.sample_figures import Panel, Thumbnail
from skyloom.builder.tasks.files import subject_of
from skyloom.stats.intervals import jeffreys

LABELS = {
    "mag": "r magnitude",
    "disk_Re_arcsec": r"disk $R_e$ [arcsec]",
    "disk_q": "disk axis ratio",
    "bulge_q": "bulge axis ratio",
    "bulge_n": "bulge Sérsic index",
    "bar_q": "bar axis ratio",
    "bulge_fraction": "bulge fraction",
    "bar_fraction": "bar fraction",
    "spiral_fraction": "spiral fraction",
    "pitch_angle": "pitch angle [deg]",
    "chisq": r"reduced $\chi^2$",
}
LOGARITHMIC = ("disk_Re_arcsec", "chisq", "bulge_n")


def preference(agg, bi) -> dict:
    """Return the posterior probability that the aggregate's fit is the better one.

    Pairs of reduced chi2 (n,) that are not both finite are left out, ties count half.
    ``n`` pairs, ``k`` won, ``alpha`` and ``beta`` of the Beta posterior under Jeffreys'
    prior, its ``mean`` and central 68 % from ``low`` to ``high``.

    Source: Cameron 2011, PASA 28, 128.
    """
    agg, bi = np.asarray(agg, float), np.asarray(bi, float)
    both = np.isfinite(agg) & np.isfinite(bi)
    k = float(np.sum(agg[both] < bi[both]) + 0.5 * np.sum(agg[both] == bi[both]))
    n = int(both.sum())
    a, b = k + 0.5, n - k + 0.5
    low, high = jeffreys(k, n, 0.68)
    return {
        "n": n, "k": k, "alpha": a, "beta": b,
        "mean": a / (a + b), "low": float(low), "high": float(high),
    }  # fmt: skip


def flag_counts(table: Table) -> pd.Series:
    """Return how many subjects raise each flag, by its meaning."""
    flags = np.asarray(table["flags"])
    counts = [int(np.sum(flags >> i & 1)) for i in range(len(FLAGS))]
    return pd.Series(counts, index=[*FLAGS.values()], name="subjects")


def use_counts(table: pd.DataFrame) -> pd.Series:
    """Return for how many subjects each quantity may be used, by its column."""
    counts = [int(np.sum(table[f"use_{name}"])) for name in USES]
    return pd.Series(counts, index=[*USES.values()], name="subjects")


def repeat_panels(table: pd.DataFrame, repeats: Sequence[Sequence[int]]) -> list[Panel]:
    """Return what two subjects that show one galaxy say of it, pair by pair."""
    rows = table.set_index("subject_id")
    pairs = [p for p in repeats if p[0] in rows.index and p[1] in rows.index]
    halves = [rows.loc[[p[side] for p in pairs]] for side in (0, 1)]
    return [
        _panel(
            name,
            *(half[name] for half in halves),
            *(half.get(f"{name}_err") for half in halves),
        )
        for name in REPEATED
    ]


def published_panels(table: pd.DataFrame, published: pd.DataFrame) -> list[Panel]:
    """Return our catalogue against the published one, its defects repaired."""
    multipliers = dict(zip(table["subject_id"], table["multiplier"], strict=True))
    theirs = repaired_published(published, multipliers).set_index("subject_id")
    ours = table.set_index("subject_id")
    both = ours.index.intersection(theirs.index)
    return [
        _panel(name, theirs.loc[both, column], ours.loc[both, name])
        for name, column in PUBLISHED.items()
    ]


def thumbnails(
    cutouts: Iterable[str | Path], trees: Mapping[int, Mapping]
) -> list[Thumbnail]:
    """Return the images of a sample with the models of the subjects' trees."""
    out = []
    for path in sorted(cutouts, key=lambda p: Path(p).name):
        subject, cutout = subject_of(path), cutout_or_none(path)
        model = trees.get(subject, {}).get("model")
        image, mask = (None, None) if cutout is None else (cutout.image, cutout.mask)
        part = None if model is None else from_dict(model)
        out.append(Thumbnail(str(subject), image, mask, part))
    return out


def without_provenance(tree: Mapping) -> dict:
    """Return a product's tree without the record of what it was made from."""
    return {key: value for key, value in tree.items() if key != "provenance"}


def _panel(name, first, second, first_err=None, second_err=None) -> Panel:
    values = [None if v is None else np.asarray(v, float) for v in
              (first, second, first_err, second_err)]  # fmt: skip
    return Panel(LABELS[name], *values, log=name in LOGARITHMIC)
