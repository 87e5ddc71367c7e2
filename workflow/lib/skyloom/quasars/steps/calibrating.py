"""What an ensemble's answers are worth, from targets that members have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.quasars.ensemble.bootstrap import held_out, read_draw
from skyloom.quasars.ensemble.sample import Labelled, read_labelled
from skyloom.quasars.evaluate.thresholds import (
    Threshold,
    purity_curve,
    threshold_for_purity,
)
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.runners import runner
from skyloom.quasars.settings import survey
from skyloom.quasars.survey.classify import classifier
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.ensembles import (
    calibrated_redshifts,
    out_of_bag,
    scores,
)
from skyloom.run.seeds import rng


@dataclass(frozen=True)
class Found:
    """A calibration and what it was found on.

    Attributes
    ----------
    redshift : Calibration
    threshold : Threshold
    rows : DataFrame
        The out-of-bag rows, as the survey's.
    curve : DataFrame
        `skyloom.quasars.evaluate.thresholds.purity_curve`.
    """

    redshift: Calibration
    threshold: Threshold
    rows: pd.DataFrame
    curve: pd.DataFrame

    @property
    def targets(self) -> int:
        """Return how many targets it was found on."""
        return int(self.rows["TARGETID"].nunique())


def calibrate_round(
    networks: Sequence[str],
    draws: Sequence[str],
    stores: Sequence[str],
    labels: str,
    settings: Mapping,
    threads: int = 1,
) -> Found:
    """Calibrate an ensemble on its own training sample, out of bag.

    Parameters
    ----------
    networks, draws : sequence of path
        Of the members, in the same order.
    stores, labels : paths
        What they were trained on.
    settings : mapping
        Sections ``survey`` and ``calibrate``, ``ensemble.held_out``,
        ``train.keep_best`` and ``seed``.
    threads : int
        Cores to use.
    """
    members = [read_parameters(path) for path in networks]
    known = read_labelled(stores, labels, members[0].arch)
    held = held_out(known.targetid, settings["ensemble"]["held_out"], settings["seed"])
    use = np.stack([read_draw(path).unseen for path in draws])
    if not settings["train"]["keep_best"]:  # else they have chosen the best epoch
        use |= held
    chance = rng(settings["seed"], "calibration")
    known, use = _some(known, use, settings["calibrate"]["most"], chance)
    options = survey(settings["survey"])
    how = settings["survey"]
    make = runner(how["runner"], how["device"], threads)
    plain = Calibration.unknown(len(members[0].arch.lines))
    by = classifier(make, members, plain, options)
    redshift = calibrated_redshifts(known, by, use, chance)
    rows = out_of_bag(known, classifier(make, members, redshift, options), use)
    wanted = settings["calibrate"]
    data = scores(rows, known.truth, options.votes.n_detect)
    threshold = threshold_for_purity(data, wanted["purity"], wanted["level"])
    return Found(redshift, threshold, rows, purity_curve(data, wanted["level"]))


def _some(known: Labelled, use: np.ndarray, most: int, chance):
    """Keep what a member has not seen, of at most so many targets."""
    ids = np.unique(known.targetid[use.any(axis=0)])
    if len(ids) > most:
        ids = chance.choice(ids, most, replace=False)
    rows = np.flatnonzero(use.any(axis=0) & np.isin(known.targetid, ids))
    part = Labelled(
        known.meta.iloc[rows].reset_index(drop=True),
        known.truth.iloc[rows].reset_index(drop=True),
        known.flux[rows],
        known.ivar[rows],
    )
    return part, use[:, rows]
