"""Whether learning maps and votes together helps, of trainings that were judged."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from skyloom.run.seeds import rng
from skyloom.spirals.evaluation.joint import compare, efficiency, verdict
from skyloom.spirals.evaluation.overlap import AGREED
from skyloom.spirals.figures.maps import TITLES, nothing
from skyloom.spirals.figures.scores import efficiency_figure
from skyloom.spirals.segmaps.marks import KINDS

MEANT = {("spiral", "bar"): "soft IoU", ("votes",): "log-likelihood per vote"}
PAIRS = (
    ("joint", "segmentation", KINDS),
    ("pretrained", "segmentation", KINDS),
    ("joint", "votes", ("votes",)),
)


def compared(
    table: pd.DataFrame, others: pd.DataFrame, draws: int, seed: int
) -> tuple[dict, pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the answer to the joint question.

    Parameters
    ----------
    table, others : DataFrame
        What `.judging` made of trainings and of baselines, which have one value,
        fitted on all galaxies that have marks.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    report : dict
        ``differences``, a row a measure and number of galaxies with marks, and the
        ``verdict`` on maps and on votes.
    curves : DataFrame
        Means by measure, heads and number.
    by_measure : dict of str to DataFrame
        The same, by measure.
    """
    every = {"heads": others["method"], "repeat": 0, "masks": table["masks"].max()}
    table = pd.concat([table, others.assign(**every)], ignore_index=True)
    for kind in KINDS:
        table[kind] = table[kind].where(table[f"{kind}_most"] >= AGREED)
    draw = rng(seed, "compare")
    measures = [m for _, _, group in PAIRS for m in group if table[m].notna().any()]
    curves = {m: efficiency(table, m, draw, draws) for m in measures}
    report: dict = {"differences": [], "verdict": {}}
    for first, other, group in PAIRS:
        rows = [
            compare(table, m, draw, draws, first=first, other=other)
            for m in group
            if m in measures
        ]
        rows = [one for one in rows if len(one)]
        if rows:
            found = pd.concat(rows, ignore_index=True)
            said = verdict(found, first, other, MEANT[group])
            report["verdict"][f"{first} and {other}"] = said
            report["differences"] += found.assign(of=f"{first} - {other}").to_dict(
                "records"
            )
    curve = pd.concat([c.assign(measure=m) for m, c in curves.items()])
    return report, curve, curves


def joint_figure(report: Mapping, curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Return overlap against the number of galaxies with marks, and the differences."""
    if not report["differences"]:
        return nothing("no two heads were trained: nothing to compare")
    found = pd.DataFrame(report["differences"])
    kinds = [m for m in curves if m in KINDS]
    paired = {m: found[found["measure"] == m] for m in kinds}
    shown = [m for m in kinds if len(paired[m])]
    if not shown:
        return nothing("no two heads were trained on maps: nothing to compare")
    both = ({TITLES[m]: tables[m] for m in shown} for tables in (curves, paired))
    trained = {heads for pair in PAIRS for heads in pair[:2]}
    others = sorted(set(curves[shown[0]]["heads"]) - trained)
    return efficiency_figure(*both, baselines=others)
