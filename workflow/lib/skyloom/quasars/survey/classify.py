"""From spectra on the grid to rows of the catalogue, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.io.spectra import IDENTIFIERS
from skyloom.quasars.config import Survey
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import decode, n_lines, nth_confidence
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.survey.consensus import (
    Calibration,
    Consensus,
    consensus,
    fit_calibration,
)
from skyloom.quasars.survey.proposals import dithered, propose
from skyloom.quasars.survey.refine import Refined, Template, refine
from skyloom.quasars.survey.votes import (
    LineSummary,
    member_weights,
    summarise_lines,
    vote,
)
from skyloom.stats.calibration import Platt

NO_CELL = -1  # BMU where no map of spectra is used
SHIFT_ABOVE = 0.2  # mean confidence of the best line, above which spectra are shifted
SHIFT_MEMBERS = 16  # members that look at shifted spectra, the first ones
FACTS = ("targetid", "tileid", "expid", "dead_arms", "sn", "ra", "dec", *IDENTIFIERS)
VOTES = ("C_NOT", "C_QSO_LZ", "C_QSO_HZ", "ENTROPY", "BALD")
REFINED = ("Z_REFINED", "Z_REFINED_ERR")
AS_IT_IS = Platt(1.0, 0.0)  # where nothing is known of a score
REDSHIFTS = ("Z", "Z_ERR", "SUPPORT", "Z_ALT", "SUPPORT_ALT")
LINE_COLUMNS = ("C_{}", "C_SD_{}", "Z_{}", "Z_SD_{}")


@dataclass(frozen=True)
class Classifier:
    """All that turns spectra into rows; made by `classifier`.

    `runner` is the ensemble, by any of `skyloom.quasars.network.run_*`; `shifted` the
    members that look at shifted spectra, None if ``settings.shifts`` is 1 (all that a
    linear grid allows); `calibration` is of its redshifts, `probability` of its score;
    `cell` makes cells of a map, (n,), of normalised spectra;
    `template` refines redshifts, if there is one.
    """

    runner: object
    shifted: object | None
    calibration: Calibration
    settings: Survey
    cell: Callable[[np.ndarray], np.ndarray] | None = None
    template: Template | None = None
    probability: Platt = AS_IT_IS


def classifier(
    make_runner: Callable,
    members: list,
    calibration: Calibration,
    settings: Survey,
    cell: Callable[[np.ndarray], np.ndarray] | None = None,
    template: Template | None = None,
    probability: Platt = AS_IT_IS,
) -> Classifier:
    """Return a `Classifier`; `make_runner` makes a runner of a list of Parameters."""
    runner = make_runner(members)
    shifted = make_runner(members[:SHIFT_MEMBERS]) if settings.shifts > 1 else None
    how = calibration, settings, cell, template, probability
    return Classifier(runner, shifted, *how)


def classify(
    meta: pd.DataFrame,
    flux: np.ndarray,
    ivar: np.ndarray,
    by: Classifier,
    use: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the rows of spectra that have a signal, columns of `columns`.

    ``N_DETECT`` counts lines whose mean confidence is above `c_th`; ``C_BEST`` is the
    largest of them; ``PROBABILITY`` is that of a quasar, by the best of them or, where
    `n_detect` lines are needed, the n-th best; ``Z`` is the network's redshift,
    ``Z_REFINED`` a template's near it where that one is better, else NaN; ``SUPPORT``
    the share of all lines' weight that agrees on Z.
    Spectra without any signal, or that no member may speak of, are left out.

    Parameters
    ----------
    meta : DataFrame of n rows
        ``targetid tileid expid ra dec dead_arms sn`` and `IDENTIFIERS`, as the store
        has them.
    flux, ivar : ndarray, shape (n, pixels)
        On the network's grid.
    by : Classifier
    use : ndarray of bool, shape (members, n), optional
        Which members may speak of which spectrum: `Draw.unseen` of each, stacked, gives
        the out-of-bag rows of a training set.
    """
    x, good = normalise(flux, ivar)
    if use is not None:
        good = good & use.any(axis=0)
        use = use[:, good]
    x, flux, ivar = x[good], flux[good], ivar[good]
    arch, settings = by.runner.arch, by.settings
    outputs = by.runner.predict(x)
    lines = decode(outputs, arch)
    summary = summarise_lines(lines, use)
    votes = vote(lines, settings.c_th, settings.n_detect, use)
    facts = meta[good].reset_index(drop=True)
    sn = facts["sn"].to_numpy(np.float64)
    redshift = _redshifts(outputs, summary, (flux, ivar, sn), by, use)
    refined = _refined(redshift, summary, (flux, ivar), by)
    absorption = lines.confidence[..., len(arch.lines) :]
    weight = member_weights(absorption.shape[:2], use)[..., None]
    bal = (weight * absorption).sum(axis=0).astype(np.float64)
    score = nth_confidence(summary.confidence, settings.n_detect)
    cells = {
        "BMU": np.asarray(by.cell(x) if by.cell else np.full(len(x), NO_CELL), int),
        "C_BEST": summary.confidence.max(axis=1),
        "PROBABILITY": by.probability(score),
        "N_DETECT": n_lines(summary.confidence, settings.c_th),
        **{name.upper(): facts[name] for name in FACTS},
        **dict(zip(VOTES, votes, strict=True)),
        **dict(zip(REDSHIFTS, redshift, strict=False)),
        **dict(zip(REFINED, refined, strict=True)),
    }
    for k, line in enumerate(arch.lines):
        four = zip(LINE_COLUMNS, summary, strict=True)
        cells |= {name.format(line): values[:, k] for name, values in four}
    cells |= {f"C_BAL_{line}": bal[:, k] for k, line in enumerate(arch.bal_lines)}
    return pd.DataFrame(cells)[columns(arch)]


def columns(arch: Architecture) -> list[str]:
    """Return the names of the catalogue's columns, the seed's seven first."""
    names = ["TARGETID", "TILEID", "EXPID", "C_NOT", "C_QSO_LZ", "C_QSO_HZ", "BMU"]
    names += ["Z", "Z_ERR", "C_BEST", "N_DETECT", "ENTROPY", "BALD"]
    names += [name.format(line) for line in arch.lines for name in LINE_COLUMNS]
    names += ["DEAD_ARMS", "SN", "RA", "DEC", "SUPPORT", "Z_ALT", "SUPPORT_ALT"]
    names += [f"C_BAL_{line}" for line in arch.bal_lines]
    names += (name.upper() for name in IDENTIFIERS)
    return [*names, *REFINED, "PROBABILITY"]


def calibrate(
    flux: np.ndarray,
    ivar: np.ndarray,
    z: np.ndarray,
    by: Classifier,
    use: np.ndarray | None = None,
    sn: np.ndarray | float = 1.0,
) -> Calibration:
    """Learn the errors of the ensemble's redshifts, as `classify` will make them.

    `flux` and `ivar` are of quasars only, at redshifts `z` (n,). `use` is needed if the
    members were trained on them, see `classify`; `sn` (n,) is the median S/N per pixel.
    """
    runner = by.shifted or by.runner
    if use is not None and by.shifted is not None:
        use = use[:SHIFT_MEMBERS]
    proposals = dithered(runner, flux, ivar, by.settings.shifts, use)
    known = (proposals.confidence > 0).any(axis=(0, 2))
    sn = np.broadcast_to(sn, known.shape)
    return fit_calibration(proposals.rows(known), z[known], sn[known])


def _redshifts(outputs, summary: LineSummary, spectra, by: Classifier, use):
    """Return the consensus; of shifted spectra where a line is seen."""
    flux, ivar, sn = spectra
    plain = propose(outputs, by.runner.arch, use=use)
    result: Consensus = consensus(plain, by.calibration, sn)
    if by.shifted is None:
        return result
    seen = summary.confidence.max(axis=1) > SHIFT_ABOVE
    allowed = None if use is None else use[:SHIFT_MEMBERS]
    if allowed is not None:
        seen = seen & allowed.any(axis=0)
        allowed = allowed[:, seen]
    if not seen.any():
        return result
    shifts = by.settings.shifts
    many = dithered(by.shifted, flux[seen], ivar[seen], shifts, allowed)
    better = consensus(many, by.calibration, sn[seen])
    return result.replaced(np.flatnonzero(seen), better)


def _refined(redshift: Consensus, summary: LineSummary, spectra, by: Classifier):
    """Return the template's redshifts where a line is seen, NaN elsewhere."""
    n = len(redshift.z)
    result = Refined(np.full(n, np.nan), np.full(n, np.nan))
    seen = np.flatnonzero(summary.confidence.max(axis=1) > SHIFT_ABOVE)
    if by.template is None or not seen.size:
        return result
    flux, ivar = (part[seen] for part in spectra)
    near = redshift.z[seen], redshift.z_err[seen]
    found = refine(flux, ivar, *near, by.runner.arch.grid, by.template)
    result.z[seen], result.z_err[seen] = found
    return result
