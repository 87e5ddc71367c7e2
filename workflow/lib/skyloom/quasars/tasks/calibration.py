"""Threshold and redshift calibration, on targets that members have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skyloom.quasars.config import Calibrate, Survey
from skyloom.quasars.ensemble.bootstrap import held_out, read_draw
from skyloom.quasars.ensemble.data import Labelled, read_labelled
from skyloom.quasars.evaluation.thresholds import (
    Threshold,
    purity_curve,
    sample,
    score_of,
    threshold_for_purity,
)
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.runners import runner
from skyloom.quasars.survey.classify import Classifier, calibrate, classifier, classify
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.ensembles import BATCH
from skyloom.run.seeds import rng
from skyloom.stats.calibration import Forecast

MOST_REDSHIFTS = 3000  # quasars that redshifts are calibrated on; more add nothing


@dataclass(frozen=True)
class Found:
    """A calibration, and the out-of-bag rows and purity curve it was found on."""

    redshift: Calibration
    threshold: Threshold
    rows: pd.DataFrame
    curve: pd.DataFrame


def calibrate_round(
    networks: Sequence[str],
    draws: Sequence[str],
    stores: Sequence[str],
    labels: str,
    survey: Survey,
    settings: Calibrate,
    *,
    held: float,
    seed: int,
    threads: int = 1,
) -> Found:
    """Calibrate an ensemble on its own training sample, out of bag.

    Parameters
    ----------
    networks, draws : sequence of path
        Of the members, in the same order.
    stores, labels : paths
        What they were trained on.
    held : float
        Share of the targets that no member has trained on.
    """
    members = [read_parameters(path) for path in networks]
    known = read_labelled(stores, labels, members[0].arch)
    use = np.stack([read_draw(path).unseen for path in draws])
    use |= held_out(known.targetid, held, seed)
    draw = rng(seed, "calibration")
    known, use = _some(known, use, settings.most, draw)
    make = runner(survey.runner, survey.device, threads)
    plain = Calibration.unknown(len(members[0].arch.lines))
    by = classifier(make, members, plain, survey)
    by = replace(by, calibration=calibrated_redshifts(known, by, use, draw))
    rows = out_of_bag(known, by, use)
    data = scores(rows, known.truth, survey.n_detect)
    threshold = threshold_for_purity(data, settings.purity)
    return Found(by.calibration, threshold, rows, purity_curve(data))


def out_of_bag(known: Labelled, by: Classifier, use: np.ndarray) -> pd.DataFrame:
    """Return the rows of labelled spectra, each by members that have not seen it.

    `use` (members, n) says which those are; spectra that all members have seen are
    left out.
    """
    parts = []
    for start in range(0, len(known), BATCH):
        some = slice(start, start + BATCH)
        meta = known.meta.iloc[some].reset_index(drop=True)
        parts.append(
            classify(meta, known.flux[some], known.ivar[some], by, use[:, some])
        )
    return pd.concat(parts, ignore_index=True)


def calibrated_redshifts(
    known: Labelled, by: Classifier, use: np.ndarray, rng: np.random.Generator
) -> Calibration:
    """Calibrate redshifts on at most `MOST_REDSHIFTS` quasars, drawn by `rng`.

    For `use` see `out_of_bag`.
    """
    rows = np.flatnonzero(known.is_qso & use.any(axis=0))
    if len(rows) > MOST_REDSHIFTS:
        rows = np.sort(rng.choice(rows, MOST_REDSHIFTS, replace=False))
    z = known.truth["z"].to_numpy()[rows]
    return calibrate(known.flux[rows], known.ivar[rows], z, by, use[:, rows])


def scores(rows: pd.DataFrame, truth: pd.DataFrame, n_detect: int) -> Forecast:
    """Return the scores of rows of `out_of_bag` with their truths.

    The confident targets of `truth` count; a target may stand in many rows.
    """
    sure = truth[truth["confident"]].drop_duplicates("targetid").set_index("targetid")
    answer = (sure["klass"] == "QSO").astype("boolean").reindex(rows["TARGETID"])
    return sample(rows["TARGETID"], score_of(rows, n_detect), answer)


def _some(known: Labelled, use: np.ndarray, most: int, rng: np.random.Generator):
    """Keep what a member has not seen, of at most so many targets."""
    ids = np.unique(known.targetid[use.any(axis=0)])
    if len(ids) > most:
        ids = rng.choice(ids, most, replace=False)
    rows = np.flatnonzero(use.any(axis=0) & np.isin(known.targetid, ids))
    tables = (t.iloc[rows].reset_index(drop=True) for t in (known.meta, known.truth))
    return Labelled(*tables, known.flux[rows], known.ivar[rows]), use[:, rows]
