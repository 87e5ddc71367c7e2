"""Threshold, probabilities and redshift errors, on targets that members have not seen.

The threshold is found on the spectra as they are. Probabilities and redshift errors are
learned from these and from noisier copies of half of them, so that they hold for
spectra of a lower S/N, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.quasars.config import Calibrate, Survey
from skyloom.quasars.ensemble.bootstrap import held_out, read_draw
from skyloom.quasars.ensemble.data import Labelled, read_labelled
from skyloom.quasars.evaluation.thresholds import (
    Threshold,
    cross_calibrated,
    purity_curve,
    sample,
    score_of,
    threshold_for_purity,
)
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.runners import runner
from skyloom.quasars.spectra.noise import louder
from skyloom.quasars.survey.classify import Classifier, calibrate, classifier, classify
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.ensembles import BATCH
from skyloom.run.seeds import rng
from skyloom.stats.calibration import Forecast, Platt, calibration_error, fit_platt

MOST_REDSHIFTS = 3000  # quasars that redshifts are calibrated on; more add nothing
COPIES = 0.5  # share of the spectra that are seen a second time
NOISE = 5.0  # factor on the noise of a copy, at most: even in its logarithm from 1 on
FOLDS = 5  # of targets, in which probabilities are judged by the others


@dataclass(frozen=True)
class Found:
    """A calibration, and the out-of-bag rows and purity curve it was found on.

    `errors` has the expected calibration error of the ``score``, and of a
    ``probability`` as fitted on other targets, copies included.
    """

    redshift: Calibration
    probability: Platt
    errors: dict
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
    """Calibrate an ensemble on its own training sample, out of bag, or on a fresh one.

    Parameters
    ----------
    networks, draws : sequence of path
        Of the members, in the same order; no draws at all for a sample that no member
        has seen.
    stores, labels : paths
        What they were trained on.
    held : float
        Share of the targets that no member has trained on.
    """
    members = [read_parameters(path) for path in networks]
    known = read_labelled(stores, labels, members[0].arch)
    use = np.ones((len(members), len(known)), bool)
    if draws:
        use = np.stack([read_draw(path).unseen for path in draws])
        use |= held_out(known.targetid, held, seed)
    draw = rng(seed, "calibration")
    known, use = _some(known, use, settings.most, draw)
    make = runner(survey.runner, survey.device, threads)
    plain = Calibration.unknown(len(members[0].arch.lines))
    by = classifier(make, members, plain, survey)
    again, of = noisier_copies(known, draw)
    more, use_more = joined(known, again), np.concatenate([use, use[:, of]], axis=1)
    by = replace(by, calibration=calibrated_redshifts(more, by, use_more, draw))
    rows = out_of_bag(known, by, use)
    data = scores(rows, known.truth, survey.n_detect)
    threshold = threshold_for_purity(data, settings.purity)
    # Their scores only: shifts are for redshifts, and take most of the time.
    noisy = out_of_bag(again, replace(by, shifted=None), use[:, of])
    noisy = pd.concat([rows, noisy], ignore_index=True)
    seen = scores(noisy, known.truth, survey.n_detect)
    if seen.truth.all() or not seen.truth.any():
        raise InputError(
            labels,
            f"all {len(known)} targets are {'' if seen.truth.any() else 'no '}quasars",
            expected="both, or no probability is learned",
            remedy="add labels of the other kind",
        )
    probability = fit_platt(seen.probability, seen.truth, seen.weight)
    score = score_of(rows, survey.n_detect)
    rows = rows.assign(PROBABILITY=probability(score))
    found = by.calibration, probability, _judged(seen, draw)
    return Found(*found, threshold, rows, purity_curve(data))


def noisier_copies(
    known: Labelled, rng: np.random.Generator
) -> tuple[Labelled, np.ndarray]:
    """Return copies of some spectra with noise added, and of which rows they are."""
    rows = np.flatnonzero(rng.random(len(known)) < COPIES)
    noise = NOISE ** rng.random(len(rows))
    normal = rng.standard_normal((len(rows), known.flux.shape[1]))
    pixels = louder(known.flux[rows], known.ivar[rows], noise[:, None], normal)
    meta = known.meta.iloc[rows].reset_index(drop=True)
    # Of most pixels' noise; the median of the noisier spectrum is the same on average.
    meta = meta.assign(sn=meta["sn"] / noise)
    truth = known.truth.iloc[rows].reset_index(drop=True)
    return Labelled(meta, truth, *pixels), rows


def joined(one: Labelled, other: Labelled) -> Labelled:
    """Return the spectra of both."""
    tables = [(one.meta, other.meta), (one.truth, other.truth)]
    pixels = [(one.flux, other.flux), (one.ivar, other.ivar)]
    return Labelled(
        *(pd.concat(both, ignore_index=True) for both in tables),
        *(np.concatenate(both) for both in pixels),
    )


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
    sn = known.meta["sn"].to_numpy(np.float64)[rows]
    return calibrate(known.flux[rows], known.ivar[rows], z, by, use[:, rows], sn)


def scores(rows: pd.DataFrame, truth: pd.DataFrame, n_detect: int) -> Forecast:
    """Return the scores of rows of `out_of_bag` with their truths.

    The confident targets of `truth` count; a target may stand in many rows.
    """
    sure = truth[truth["confident"]].drop_duplicates("targetid").set_index("targetid")
    answer = (sure["klass"] == "QSO").astype("boolean").reindex(rows["TARGETID"])
    return sample(rows["TARGETID"], score_of(rows, n_detect), answer)


def _judged(data: Forecast, rng: np.random.Generator) -> dict:
    """Return the errors of `Found`; without the probability where classes are few."""
    judged = {"score": data}
    folds = min(FOLDS, len(np.unique(data.objects)))
    told = cross_calibrated(data, folds, rng) if folds > 1 else None
    if told is not None:
        judged["probability"] = told
    return {name: calibration_error(one, rng) for name, one in judged.items()}


def _some(known: Labelled, use: np.ndarray, most: int, rng: np.random.Generator):
    """Keep what a member has not seen, of at most so many targets."""
    ids = np.unique(known.targetid[use.any(axis=0)])
    if len(ids) > most:
        ids = rng.choice(ids, most, replace=False)
    rows = np.flatnonzero(use.any(axis=0) & np.isin(known.targetid, ids))
    tables = (t.iloc[rows].reset_index(drop=True) for t in (known.meta, known.truth))
    return Labelled(*tables, known.flux[rows], known.ivar[rows]), use[:, rows]
