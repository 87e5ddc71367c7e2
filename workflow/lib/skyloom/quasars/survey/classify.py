"""From spectra on the grid to rows of the catalogue, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import decode, n_lines
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.survey.consensus import (
    Calibration,
    Consensus,
    ConsensusSettings,
    consensus,
    fit_calibration,
)
from skyloom.quasars.survey.proposals import dithered, propose
from skyloom.quasars.survey.votes import (
    LineSummary,
    Votes,
    VoteSettings,
    member_weights,
    summarise_lines,
    vote,
)

NO_CELL = -1  # BMU where no map of spectra is used


@dataclass(frozen=True)
class SurveySettings:
    """How spectra are classified.

    Attributes
    ----------
    votes : VoteSettings
        When a member says quasar.
    consensus : ConsensusSettings
        How proposals of redshifts are joined.
    shifts : int
        How often a spectrum proposes, shifted by pixels spread evenly over two boxes;
        1 is the spectrum as it is, and all that a linear grid allows. Running time
        grows with it, for the spectra that `shift_above` picks.
    shift_above : float
        Mean confidence of the best line from which on a spectrum is shifted.
    shift_members : int
        Members that look at shifted spectra, the first ones.
    """

    votes: VoteSettings = field(default_factory=VoteSettings)
    consensus: ConsensusSettings = field(default_factory=ConsensusSettings)
    shifts: int = 12
    shift_above: float = 0.2
    shift_members: int = 16


@dataclass(frozen=True)
class Classifier:
    """All that turns spectra into rows.

    Attributes
    ----------
    runner : Runner
        The ensemble, by any of `skyloom.quasars.network.run_*`.
    shifted : Runner or None
        The members that look at shifted spectra; None if ``settings.shifts`` is
        1. See `classifier`.
    calibration : Calibration
        Of the redshifts.
    settings : SurveySettings
        How.
    cell : callable or None
        From normalised spectra (n, pixels) to the cells of a map, (n,).
    """

    runner: object
    shifted: object | None
    calibration: Calibration
    settings: SurveySettings
    cell: Callable[[np.ndarray], np.ndarray] | None = None


def classifier(
    make_runner: Callable,
    members: list,
    calibration: Calibration,
    settings: SurveySettings,
    cell: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Classifier:
    """Return a classifier of an ensemble.

    Parameters
    ----------
    make_runner : callable
        From a list of Parameters to a runner, of whichever framework.
    members : list of Parameters
        The ensemble.
    calibration : Calibration
        Of its redshifts.
    settings : SurveySettings
        How.
    cell : callable, optional
        See `Classifier`.
    """
    runner = make_runner(members)
    some = members[: settings.shift_members]
    shifted = make_runner(some) if settings.shifts > 1 else None
    return Classifier(runner, shifted, calibration, settings, cell)


def classify(
    meta: pd.DataFrame,
    flux: np.ndarray,
    ivar: np.ndarray,
    by: Classifier,
    use: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the rows of spectra that have a signal.

    Parameters
    ----------
    meta : DataFrame of n rows
        ``targetid tileid expid ra dec dead_arms sn``, as the store has them.
    flux, ivar : ndarray, shape (n, pixels)
        On the network's grid.
    by : Classifier
        The ensemble.
    use : ndarray of bool, shape (members, n), optional
        Which members may speak of which spectrum: `Draw.unseen` of each, stacked,
        gives the out-of-bag rows of a training set.

    Returns
    -------
    DataFrame
        Columns of `columns`; spectra without any signal, or that no member may speak
        of, are left out.
    """
    x, good = normalise(flux, ivar)
    if use is not None:
        good = good & use.any(axis=0)
        use = use[:, good]
    x, flux, ivar = x[good], flux[good], ivar[good]
    outputs = by.runner.predict(x)
    lines = decode(outputs, by.runner.arch)
    summary = summarise_lines(lines, use)
    redshift = _redshifts(outputs, summary, (flux, ivar), by, use)
    cell = np.full(len(x), NO_CELL) if by.cell is None else by.cell(x)
    facts = meta[good].reset_index(drop=True)
    absorption = lines.absorption[0]
    weight = member_weights(absorption.shape[:2], use)[..., None]
    return table(
        facts,
        vote(lines, by.settings.votes, use),
        summary,
        redshift,
        (weight * absorption).sum(axis=0),
        cell,
        by.runner.arch,
        by.settings.votes.c_th,
    )


def calibrate(
    flux: np.ndarray,
    ivar: np.ndarray,
    z: np.ndarray,
    by: Classifier,
    use: np.ndarray | None = None,
) -> Calibration:
    """Learn what the ensemble's redshifts are worth, as `classify` will make them.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, pixels)
        Of quasars only.
    z : ndarray, shape (n,)
        Their redshifts.
    by : Classifier
        The ensemble; its own calibration is not used.
    use : ndarray of bool, shape (members, n), optional
        See `classify`; needed if the members were trained on these quasars.
    """
    runner = by.shifted or by.runner
    if use is not None and by.shifted is not None:
        use = use[: by.settings.shift_members]
    proposals = dithered(runner, flux, ivar, by.settings.shifts, use)
    known = (proposals.confidence > 0).any(axis=(0, 2))
    return fit_calibration(proposals.rows(known), z[known], by.settings.consensus)


def columns(arch: Architecture) -> list[str]:
    """Return the names of the catalogue's columns, the seed's seven first."""
    names = ["TARGETID", "TILEID", "EXPID", "C_NOT", "C_QSO_LZ", "C_QSO_HZ", "BMU"]
    names += ["Z", "Z_ERR", "C_BEST", "N_DETECT", "ENTROPY", "BALD"]
    for line in arch.lines:
        names += [f"C_{line}", f"C_SD_{line}", f"Z_{line}", f"Z_SD_{line}"]
    names += ["DEAD_ARMS", "SN", "RA", "DEC", "SUPPORT", "Z_ALT", "SUPPORT_ALT"]
    return [*names, *(f"C_BAL_{line}" for line in arch.bal_lines)]


def table(
    facts: pd.DataFrame,
    votes: Votes,
    summary: LineSummary,
    redshift: Consensus,
    absorption: np.ndarray,
    cell: np.ndarray,
    arch: Architecture,
    c_th: float,
) -> pd.DataFrame:
    """Return the catalogue's rows, in the order of `columns`.

    ``N_DETECT`` counts lines whose mean confidence is above `c_th`; ``C_BEST`` is the
    largest of them. ``SUPPORT`` is the share of all lines' weight that agrees on Z.
    """
    cells = {
        "TARGETID": facts["targetid"],
        "TILEID": facts["tileid"],
        "EXPID": facts["expid"],
        "C_NOT": votes.c_not,
        "C_QSO_LZ": votes.c_low,
        "C_QSO_HZ": votes.c_high,
        "BMU": np.asarray(cell, np.int64),
        "Z": redshift.z,
        "Z_ERR": redshift.z_err,
        "C_BEST": summary.confidence.max(axis=1),
        "N_DETECT": n_lines(summary.confidence, c_th),
        "ENTROPY": votes.entropy,
        "BALD": votes.bald,
    }
    for k, line in enumerate(arch.lines):
        cells[f"C_{line}"] = summary.confidence[:, k]
        cells[f"C_SD_{line}"] = summary.confidence_sd[:, k]
        cells[f"Z_{line}"] = summary.z[:, k]
        cells[f"Z_SD_{line}"] = summary.z_sd[:, k]
    cells |= {
        "DEAD_ARMS": facts["dead_arms"],
        "SN": facts["sn"],
        "RA": facts["ra"],
        "DEC": facts["dec"],
        "SUPPORT": redshift.support,
        "Z_ALT": redshift.z_alternative,
        "SUPPORT_ALT": redshift.alternative,
    }
    for k, line in enumerate(arch.bal_lines):
        cells[f"C_BAL_{line}"] = absorption[:, k].astype(np.float64)
    return pd.DataFrame(cells)


def lines_of(names: list[str]) -> list[str]:
    """Return the emission lines that a catalogue's columns speak of."""
    return [line for line in LINES if f"C_{line}" in names]


def _redshifts(outputs, summary: LineSummary, spectra, by: Classifier, use):
    """Return the consensus; of shifted spectra where a line is seen."""
    settings = by.settings
    plain = propose(outputs, by.runner.arch, use=use)
    result = consensus(plain, by.calibration, settings.consensus)
    if by.shifted is None:
        return result
    seen = summary.confidence.max(axis=1) > settings.shift_above
    allowed = None if use is None else use[: settings.shift_members]
    if allowed is not None:
        seen = seen & allowed.any(axis=0)
        allowed = allowed[:, seen]
    if not seen.any():
        return result
    flux, ivar = (part[seen] for part in spectra)
    many = dithered(by.shifted, flux, ivar, settings.shifts, allowed)
    better = consensus(many, by.calibration, settings.consensus)
    return result.replaced(np.flatnonzero(seen), better)
