"""Judgement of an ensemble on targets whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skyloom.io.documents import plain, write_json
from skyloom.io.errors import InputError
from skyloom.io.record import text
from skyloom.io.tables import read_own_csv, write_csv
from skyloom.plots import diagrams, style
from skyloom.quasars.colours import FORECASTS
from skyloom.quasars.ensemble.bootstrap import reserved
from skyloom.quasars.evaluation import compare, figures, metrics, redshifts
from skyloom.quasars.evaluation.redshifts import pile_up, wiggle
from skyloom.quasars.evaluation.thresholds import sample, score_of
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.spectra.truth import read_truth
from skyloom.run.seeds import rng
from skyloom.stats.calibration import Forecast, calibration_error, reliability

LEAST = 20  # found quasars; of fewer, places in boxes say nothing


class Judgement(NamedTuple):
    """What `judge` says: a report, its table, and figures by name."""

    report: dict
    table: pd.DataFrame
    drawn: dict[str, Figure]


def judge(
    results: pd.DataFrame,
    truth: pd.DataFrame,
    threshold: float | np.ndarray,
    arch: Architecture,
    n_detect: int,
    seed: int,
) -> Judgement:
    """Judge an ensemble's rows on the confident targets of a truth table.

    A row is called a quasar if its score of `n_detect` lines is above `threshold`. The
    report is `skyloom.quasars.evaluation.metrics.report`, ``threshold``,
    ``calibration`` (expected errors of the score as a probability, and of PROBABILITY),
    ``repeats`` (targets seen more than once) and `pile_ups`.

    Raises
    ------
    ValueError
        No row has a confident truth.
    """
    draw = rng(seed, "judge")
    rows = metrics.judged(results, truth, threshold, n_detect)
    table = metrics.table(rows)
    tables, errors = _reliability(rows, n_detect, draw)
    report = metrics.report(rows, draw) | {"threshold": _told(threshold)}
    report["calibration"] = errors
    called = score_of(results, n_detect) > threshold
    report["repeats"] = plain(redshifts.repeats(results, called))
    report["pile_up"] = plain(pile_ups(rows, arch))
    drawn = {
        "rates": figures.rates_figure(table),
        "redshifts": figures.redshift_figure(rows),
        "reliability": diagrams.reliability(
            tables, errors, "share of quasars", FORECASTS
        ),
        "pile_up": figures.pile_up_figure(_seen(rows), arch),
    }
    return Judgement(report, table, drawn)


def pile_ups(rows: pd.DataFrame, arch: Architecture) -> dict:
    """Return how redshifts of found quasars pile up: of the best line, and of all.

    ``n``, and for ``best_line`` (the most confident line alone, as published),
    ``consensus`` and ``truth`` the ``strength`` and ``wiggle`` [km/s] of
    `skyloom.quasars.evaluation.redshifts`; empty where fewer than `LEAST` are found.
    """
    seen = _seen(rows)
    if len(seen) < LEAST:
        return {}
    line, alone = figures.best_line(seen, arch)
    z_true = seen["z_true"].to_numpy(float)
    methods = {"best_line": alone, "consensus": seen["Z"].to_numpy(float)}
    methods["truth"] = z_true
    return {"n": len(seen)} | {
        name: {
            "strength": pile_up(z, line, arch),
            "wiggle": wiggle(z, z_true, line, arch),
        }
        for name, z in methods.items()
    }


def compared(
    first: tuple[pd.DataFrame, float | np.ndarray],
    second: tuple[pd.DataFrame, float | np.ndarray],
    truth: pd.DataFrame | None,
    n_detect: int,
    seed: int,
) -> tuple[dict, pd.DataFrame, Figure]:
    """Say what changes from one ensemble to another.

    `first` and `second` are rows on the same exposures and thresholds; `truth` says who
    was right, if there is one.

    Returns
    -------
    report : dict
        `skyloom.quasars.evaluation.compare.report`.
    flips : DataFrame
        Exposures whose label changes.
    drawn : Figure
    """
    thresholds = first[1], second[1]
    found = compare.compare(first[0], second[0], thresholds, n_detect)
    report = compare.report(found, rng(seed, "compare"), truth)
    return report, compare.flips(found), figures.comparison_figure(found)


def unseen_rows(results: str | Path, labels: str | Path, share: float, seed: int):
    """Return the rows of a catalogue that an ensemble can be judged on.

    Of targets that no query asks about, if the share ``query.reserve`` is kept, and
    that are not in `labels`, what the ensemble was trained on.

    Raises
    ------
    InputError
        No row is left.
    """
    rows = read_own_csv(results)
    unseen = ~rows["TARGETID"].isin(read_truth(labels)["targetid"])
    if share > 0:
        unseen &= reserved(rows["TARGETID"].to_numpy(), share, seed)
    if not unseen.any():
        remedy = "keep some targets from the queries: set quasars.query.reserve"
        raise InputError(results, "only targets with labels", remedy=remedy)
    return rows[unseen].reset_index(drop=True)


def forecasts(rows: pd.DataFrame, n_detect: int) -> dict[str, Forecast]:
    """Return the score, and the probability made of it, against the truth.

    Rows are `skyloom.quasars.evaluation.metrics.judged`.
    """
    told = {"score": score_of(rows, n_detect), "probability": rows["PROBABILITY"]}
    return {
        name: sample(rows["TARGETID"], one, rows["is_qso"])
        for name, one in told.items()
    }


def without_row(truth: pd.DataFrame, results: pd.DataFrame) -> dict:
    """Count ``targets`` of confident truth that have no row, and ``quasars`` of these.

    They have no signal, or no file: a completeness does not know of them.
    """
    sure = truth[truth["confident"]]
    lost = sure[~sure["targetid"].isin(results["TARGETID"])]
    return {"targets": len(lost), "quasars": int((lost["klass"] == "QSO").sum())}


def write_judgement(
    judgement: Judgement, paths: Mapping[str, str], provenance: Mapping
) -> None:
    """Write ``report``, ``table`` and the figures by their names."""
    report = judgement.report | {"provenance": provenance}
    write_json(paths["report"], report, indent=1)
    write_csv(paths["table"], judgement.table)
    for name, figure in judgement.drawn.items():
        style.save(figure, paths[name], note=text(provenance))


def _told(threshold: float | np.ndarray) -> float | list[float]:
    """Return the threshold, or all that rows have."""
    every = np.unique(threshold).tolist()
    return every[0] if len(every) == 1 else every


def _seen(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["called"] & rows["is_qso"] & rows["z_true"].notna()]


def _reliability(rows: pd.DataFrame, n_detect: int, rng):
    scores = forecasts(rows, n_detect)
    tables = {name: reliability(one) for name, one in scores.items()}
    errors = {name: calibration_error(one, rng) for name, one in scores.items()}
    return tables, errors
