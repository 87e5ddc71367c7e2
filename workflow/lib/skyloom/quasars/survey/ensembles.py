"""An ensemble on disk: a folder of networks, and what their answers are worth.

``net_{i}.keras``, the members, and ``calibration.json``: redshift calibration and
threshold, found on targets that the members had not seen. The ensembles of a run and
the one in ``resources/`` have this layout, so any folder of it can classify spectra.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.quasars.ensemble.sample import Labelled
from skyloom.quasars.evaluate.thresholds import Sample, Threshold, sample, score_of
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.parameters import Parameters
from skyloom.quasars.survey.classify import Classifier, calibrate, classify
from skyloom.quasars.survey.consensus import Calibration

CALIBRATION = "calibration.json"
ELSEWHERE = ("runner", "device")  # settings that change no result beyond rounding
BATCH = 1000  # spectra classified at a time
MOST_REDSHIFTS = 3000  # quasars that redshifts are calibrated on; more add nothing


@dataclass(frozen=True)
class Ensemble:
    """Members and what their answers are worth.

    Attributes
    ----------
    members : list of Parameters
        In the order of their numbers.
    redshift : Calibration
        Of the consensus redshift.
    threshold : float
        Score above which a spectrum is called a quasar.
    survey : dict
        The settings that both hold for, the section ``survey`` of the configuration
        but for runner and device.
    """

    members: list[Parameters]
    redshift: Calibration
    threshold: float
    survey: dict


def read_ensemble(networks: Iterable[str | Path], calibration: str | Path) -> Ensemble:
    """Read members and their calibration.

    Raises
    ------
    InputError
        A damaged file, or a calibration of another number of lines.
    """
    members = [read_parameters(path) for path in networks]
    tree = read_json(calibration)
    try:
        redshift = Calibration.from_json(tree["redshift"])
        threshold = float(tree["threshold"]["value"])
        survey = dict(tree["survey"])
    except (KeyError, TypeError, ValueError) as bad:
        expected = "redshift {bias, scatter, scale, floor}, threshold {value}, survey"
        raise InputError(calibration, f"{bad!r}", expected=expected) from None
    lines = len(members[0].arch.lines)
    if not len(redshift.bias) == len(redshift.scatter) == lines:
        problem = f"calibrates {len(redshift.bias)} lines"
        expected = f"{lines}, as the networks have"
        raise InputError(calibration, problem, expected=expected)
    return Ensemble(members, redshift, threshold, survey)


def write_calibration(
    path: str | Path,
    redshift: Calibration,
    threshold: Threshold,
    survey: Mapping,
    about: Mapping,
) -> None:
    """Write ``calibration.json``: with `survey`, the section that it holds for.

    `about` is kept beside it (number of targets, provenance).
    """
    tree = {"redshift": asdict(redshift), "threshold": threshold.to_json()}
    tree["survey"] = {k: v for k, v in survey.items() if k not in ELSEWHERE}
    write_json(path, {**about, **tree}, indent=1)


def out_of_bag(known: Labelled, by: Classifier, use: np.ndarray) -> pd.DataFrame:
    """Return the rows of labelled spectra, each by members that have not seen it.

    Parameters
    ----------
    known : Labelled
        Of n spectra.
    by : Classifier
        The ensemble.
    use : ndarray of bool, shape (members, n)
        Which members have not seen which target.

    Returns
    -------
    DataFrame
        Columns of `skyloom.quasars.survey.classify.columns`; spectra that all members
        have seen are left out.
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
    """Return what redshifts are worth, from quasars that members have not seen.

    Parameters
    ----------
    known, by, use
        See `out_of_bag`.
    rng : Generator
        Chooses `MOST_REDSHIFTS` quasars if there are more.
    """
    rows = np.flatnonzero(known.is_qso & use.any(axis=0))
    if len(rows) > MOST_REDSHIFTS:
        rows = np.sort(rng.choice(rows, MOST_REDSHIFTS, replace=False))
    z = known.truth["z"].to_numpy()[rows]
    return calibrate(known.flux[rows], known.ivar[rows], z, by, use[:, rows])


def scores(rows: pd.DataFrame, truth: pd.DataFrame, n_detect: int) -> Sample:
    """Return the scores of out-of-bag rows with their truths.

    Parameters
    ----------
    rows : DataFrame
        What `out_of_bag` returns.
    truth : DataFrame
        A truth table; its confident targets count. A target may stand in many rows.
    n_detect : int
        Lines that must be above a threshold.
    """
    sure = truth[truth["confident"]].drop_duplicates("targetid").set_index("targetid")
    answer = (sure["klass"] == "QSO").astype("boolean").reindex(rows["TARGETID"])
    return sample(rows["TARGETID"], score_of(rows, n_detect), answer)
