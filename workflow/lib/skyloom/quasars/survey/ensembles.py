"""An ensemble on disk: ``net_{i}.keras``, the members, and ``calibration.json``.

The ensembles of a run and the one in ``resources/`` have this layout, so any folder of
it can classify spectra.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.quasars.config import Survey
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.parameters import Parameters
from skyloom.quasars.survey.consensus import Calibration
from skyloom.run.config import ConfigError, checked
from skyloom.stats.calibration import Platt, platt_from_json

ELSEWHERE = ("runner", "device")  # settings that change no result beyond rounding
FORMAT = "skyloom.quasars.calibration 2"
REMEDY = "calibrate this ensemble again, by a round of training"
BATCH = 1000  # spectra classified at a time


@dataclass(frozen=True)
class Ensemble:
    """Members, calibrations of redshifts and score, and the threshold of the score.

    `probability` makes a quasar's probability of a score; `survey` has the settings
    that all of them hold for, the section ``survey`` of the configuration but for
    runner and device.
    """

    members: list[Parameters]
    redshift: Calibration
    probability: Platt
    threshold: float
    survey: dict


def read_ensemble(networks: Iterable[str | Path], calibration: str | Path) -> Ensemble:
    """Read members and their calibration.

    Raises
    ------
    InputError
        A damaged file, a calibration of an older format, of another number of lines, or
        one with other settings than the survey can have.
    """
    members = [read_parameters(path) for path in networks]
    tree = read_json(calibration)
    form = tree.get("format") if isinstance(tree, dict) else None
    if form != FORMAT:
        problem, expected = f"format {form!r}", f"{FORMAT!r}"
        raise InputError(calibration, problem, expected=expected, remedy=REMEDY)
    try:
        redshift = Calibration.from_json(tree["redshift"])
        probability = platt_from_json(tree["probability"])
        threshold = float(tree["threshold"]["value"])
        survey = dict(tree["survey"])
        # One below all scores calls everything: the number before 0.
        if not np.nextafter(0.0, -1.0) <= threshold <= 1:
            msg = f"threshold {threshold}"
            raise ValueError(msg)
    except (KeyError, TypeError, ValueError, OverflowError) as bad:
        expected = "redshift {bias, scatter, scale, floor, sn, odds}, probability "
        expected += "{kind, numbers}, threshold {value}, survey"
        raise InputError(calibration, f"{bad!r}", expected=expected) from None
    lines = len(members[0].arch.lines)
    if not len(redshift.bias) == len(redshift.scatter) == lines:
        problem = f"calibrates {len(redshift.bias)} lines"
        expected = f"{lines}, as the networks have"
        raise InputError(calibration, problem, expected=expected)
    _check_survey(calibration, survey)
    return Ensemble(members, redshift, probability, threshold, survey)


def _check_survey(path: str | Path, survey: dict) -> None:
    absent = Survey.model_fields.keys() - survey.keys() - set(ELSEWHERE)
    problem = f"no {', '.join(sorted(absent))}" if absent else None
    try:
        checked(Survey, survey)
    except ConfigError as bad:
        problem = problem or str(bad)
    if problem:
        raise InputError(path, problem, where="survey", remedy=REMEDY)


def write_calibration(
    path: str | Path,
    redshift: Calibration,
    probability: Platt,
    threshold: Mapping,
    survey: Mapping,
    about: Mapping,
) -> None:
    """Write ``calibration.json``.

    `survey` is the section that all of it holds for; `about` is kept beside it (number
    of targets, how good the probabilities are, provenance).
    """
    tree = {"format": FORMAT, "probability": probability.to_json()}
    tree |= {"redshift": asdict(redshift), "threshold": dict(threshold)}
    tree["survey"] = {k: v for k, v in survey.items() if k not in ELSEWHERE}
    write_json(path, {**about, **tree}, indent=1)
