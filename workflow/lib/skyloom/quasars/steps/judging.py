"""Judgement of an ensemble on targets whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.io.tables import write_csv
from skyloom.plots import style
from skyloom.quasars.evaluate import calibration, compare, figures, metrics, redshifts
from skyloom.quasars.evaluate.thresholds import sample, score_of
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.steps.asking import reserved
from skyloom.quasars.survey.pile_up import pile_up, wiggle
from skyloom.run.provenance import text
from skyloom.run.seeds import rng

HEADLINES = ("threshold", "completeness", "completeness_z", "purity", "purity_z")
HEADLINES += ("without_row", "false_quasars", "redshift", "pile_up", "flips", "gain")
HEADLINES += ("strategies",)
LEAST = 20  # found quasars; of fewer, places in boxes say nothing
FOLDS = 5  # in which scores are calibrated and looked at


@dataclass(frozen=True)
class Judgement:
    """What is said of an ensemble.

    Attributes
    ----------
    report : dict
        `skyloom.quasars.evaluate.metrics.report`, ``threshold``, ``calibration``
        (expected error of the score as a probability, raw and recalibrated),
        ``repeats`` (targets seen more than once) and ``pile_up`` (`pile_ups`).
    table : DataFrame
        `skyloom.quasars.evaluate.metrics.table`.
    drawn : dict of str to Figure
        ``rates``, ``redshifts``, ``reliability``, ``pile_up``.
    """

    report: dict
    table: pd.DataFrame
    drawn: dict[str, Figure]


def judge(
    results: pd.DataFrame,
    truth: pd.DataFrame,
    threshold: float,
    arch: Architecture,
    settings: Mapping,
) -> Judgement:
    """Judge an ensemble's rows.

    Parameters
    ----------
    results : DataFrame
        Rows of `skyloom.quasars.survey.classify.columns`.
    truth : DataFrame
        A truth table; its confident targets count.
    threshold : float
        Score above which a row is called a quasar.
    arch : Architecture
        Of the ensemble.
    settings : mapping
        Section ``survey`` (``n_detect, z_split``) and ``seed``.

    Raises
    ------
    ValueError
        No row has a confident truth.
    """
    how, chance = settings["survey"], rng(settings["seed"], "judge")
    rows = metrics.judged(results, truth, threshold, how["n_detect"], how["z_split"])
    table = metrics.table(rows)
    tables, errors = _reliability(rows, how["n_detect"], chance)
    report = metrics.report(rows, chance) | {"threshold": float(threshold)}
    report["calibration"] = metrics.jsonable(errors)
    called = score_of(results, how["n_detect"]) > threshold
    report["repeats"] = metrics.jsonable(redshifts.repeats(results, called))
    report["pile_up"] = metrics.jsonable(pile_ups(rows, arch))
    drawn = {
        "rates": figures.rates_figure(table),
        "redshifts": figures.redshift_figure(rows),
        "reliability": figures.reliability_diagram(tables, errors),
        "pile_up": figures.pile_up_figure(_seen(rows), arch),
    }
    return Judgement(report, table, drawn)


def pile_ups(rows: pd.DataFrame, arch: Architecture) -> dict:
    """Return how redshifts of found quasars pile up: of the best line, and of all.

    Parameters
    ----------
    rows : DataFrame
        `skyloom.quasars.evaluate.metrics.judged`.
    arch : Architecture
        Of the ensemble.

    Returns
    -------
    dict
        ``n``, and for ``best_line`` (the most confident line alone, as published),
        ``consensus`` and ``truth``: ``strength`` and ``wiggle`` [km/s] of
        `skyloom.quasars.survey.pile_up`; empty where fewer than `LEAST` are found.
    """
    seen = _seen(rows)
    if len(seen) < LEAST:
        return {}
    line, alone = figures.best_line(seen, arch)
    z_true = seen["z_true"].to_numpy(float)
    methods = {
        "best_line": alone,
        "consensus": seen["Z"].to_numpy(float),
        "truth": z_true,
    }
    return {"n": len(seen)} | {
        name: {
            "strength": pile_up(z, line, arch).strength,
            "wiggle": wiggle(z, z_true, line, arch),
        }
        for name, z in methods.items()
    }


def compared(
    first: tuple[pd.DataFrame, float],
    second: tuple[pd.DataFrame, float],
    truth: pd.DataFrame | None,
    settings: Mapping,
) -> tuple[dict, pd.DataFrame, Figure]:
    """Say what changes from one ensemble to another.

    Parameters
    ----------
    first, second : (DataFrame, float)
        Rows on the same exposures, and thresholds.
    truth : DataFrame or None
        To say who was right.
    settings : mapping
        See `judge`.

    Returns
    -------
    report : dict
        `skyloom.quasars.evaluate.compare.report`.
    flips : DataFrame
        Exposures whose label changes.
    drawn : Figure
    """
    how = settings["survey"]
    found = compare.compare(
        first[0],
        second[0],
        (first[1], second[1]),
        n_detect=how["n_detect"],
        z_split=how["z_split"],
    )
    report = compare.report(found, rng(settings["seed"], "compare"), truth)
    return report, found.flips, figures.comparison_figure(found)


def unseen_rows(results: str | Path, labels: str | Path, settings: Mapping):
    """Return the rows of a catalogue that an ensemble can be judged on.

    Of targets that no query asks about, if some are kept, and that have no label in
    any round: what has been learned from proves nothing.

    Parameters
    ----------
    results : path
        ``ensemble_results.csv``.
    labels : path
        What the ensemble was trained on.
    settings : mapping
        ``query.reserve`` and ``seed``.

    Raises
    ------
    InputError
        No row is left.
    """
    rows = pd.read_csv(results)
    unseen = ~rows["TARGETID"].isin(read_truth(labels)["targetid"])
    if settings["query"]["reserve"] > 0:
        unseen &= reserved(rows, settings)
    if not unseen.any():
        remedy = "keep some targets from the queries: `query.reserve`"
        raise InputError(results, "only targets with labels", remedy=remedy)
    return rows[unseen].reset_index(drop=True)


def without_row(truth: pd.DataFrame, results: pd.DataFrame) -> dict:
    """Return the targets of confident truth that have no row: no signal, or no file.

    Returns
    -------
    dict
        ``targets``, and ``quasars`` among them: a completeness does not know of them.
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


def headline(reports: Mapping[str, Sequence[str]]) -> dict:
    """Return the headline numbers of a run's reports, by their kinds and places.

    Parameters
    ----------
    reports : mapping of str to sequence of path
        Reports of ``rounds``, ``comparisons``, ``files`` and the ``race``.

    Returns
    -------
    dict
        Kind to place (the last two parts of the path) to the keys of `HEADLINES`.
    """
    return {
        kind: {
            "/".join(Path(path).with_suffix("").parts[-2:]): {
                key: value for key, value in read_json(path).items() if key in HEADLINES
            }
            for path in paths
        }
        for kind, paths in reports.items()
    }


def _seen(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["called"] & rows["is_qso"] & rows["z_true"].notna()]


def _reliability(rows: pd.DataFrame, n_detect: int, chance):
    """Return diagrams and errors of the score, as it is and recalibrated."""
    data = sample(rows["TARGETID"], score_of(rows, n_detect), rows["is_qso"])
    scores = {"score": data}
    folds = min(FOLDS, len(np.unique(data.targetid)))
    if folds > 1 and 0 < data.truth.mean() < 1:
        fit = calibration.fit_temperature
        scores["recalibrated"] = calibration.cross_calibrated(data, fit, folds, chance)
    tables = {name: calibration.reliability(one) for name, one in scores.items()}
    errors = {
        name: calibration.calibration_error(one, chance) for name, one in scores.items()
    }
    return tables, errors
