"""What scores of clusters are worth, on fields that did not choose the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.lists import read_clusters, read_wcs
from skyloom.clusters.config_encoder import Data
from skyloom.clusters.data.files import read_file_data
from skyloom.clusters.evaluation.completeness import operating_threshold
from skyloom.clusters.evaluation.judge import NONE, Judged, Rule, judge, stacked
from skyloom.clusters.finder.joint import joined
from skyloom.clusters.finder.joint import scores as scores_of
from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.inference.blend import blend
from skyloom.clusters.inference.classify import Predict, valid_share
from skyloom.clusters.tasks.baselines import background_of, filtered, galaxies_of
from skyloom.clusters.tasks.file_data import fields_of
from skyloom.clusters.tasks.products import THRESHOLD
from skyloom.io.errors import InputError
from skyloom.stats.calibration import expected_error
from skyloom.stats.logistic import Logistic, fit_logistic

FOLDS = 10  # of fields, for the error of the calibration and the threshold
FEWEST = 20  # candidates, true and false together, that say what a purity needs
EVERY = [0.0, 10.0]  # redshifts, where too few candidates say which are known
TOO_FEW = (
    f"with fewer than {FEWEST}, or all of one kind or in one field, PROBABILITY is "
    f"hardly known, and the threshold is {THRESHOLD}; take more fields"
)


def candidates_of(
    files: Sequence[str],
    sources: Mapping[int, str],
    truth: Mapping[int, str],
    predict: Predict,
    red_sequence: RedSequence,
    data: Data,
) -> dict[int, Table]:
    """Return the joint list of each field of files of data, looked at whole.

    By field, ``sources`` has those measured on its images, and ``truth`` lists of
    clusters, which say where it lies.
    """
    wcs = {i: read_wcs(path) for i, path in truth.items()}
    background = background_of(list(sources.values()), red_sequence)
    found, by = {}, (red_sequence, background)
    for path, fields in zip(
        files, fields_of(files, data.n_per_file).values(), strict=True
    ):
        for i, one in zip(fields, read_file_data(path), strict=True):
            seen = _looked(one["images"].float().numpy(), wcs[i], predict, data)
            own, _ = filtered(galaxies_of(sources[i]), wcs[i], str(i), *by)
            found[i] = joined(own, seen)
    return found


def _looked(images: np.ndarray, wcs: WCS, predict: Predict, data: Data) -> Table:
    """Return the encoder's candidates in pooled images, shape (bands, ny, nx)."""
    images = images[None]
    valid = valid_share(images, data.tile_size // data.pool)
    maps = dict(predict(images)) | {"valid": valid}
    whole = {name: values[0] for name, values in maps.items()}
    shape = tuple(n * data.pool for n in images.shape[2:])
    return candidates(blend([((0, 0), whole)], shape, data.tile_size), wcs)


def calibrate(
    found: Mapping[int, Table], truth: Mapping[int, str], rule: Rule, purity: float
) -> tuple[Logistic, dict]:
    """Return what turns scores of a joint list into probabilities.

    Parameters
    ----------
    found : mapping of int to Table
        `skyloom.clusters.finder.joint.joined`, by field.
    truth : mapping of int to str
        Lists of clusters, by field.
    rule : Rule
        What makes a detection true.
    purity : float
        Asked of a catalogue.

    Returns
    -------
    known : Logistic
        Of `skyloom.clusters.finder.joint.scores`.
    report : dict
        ``redshifts`` between which these fields have clusters, widened by what the
        rule allows: of what is found beyond nothing is known; ``candidates`` there,
        ``true``; ``error``, the expected calibration error; and ``threshold``, the
        probability above which a catalogue has the purity. Error and threshold are of
        probabilities that other fields than a candidate's own tell, and null where
        there are none. ``note`` says what these fields are too few for; then the
        redshifts are all.

    Raises
    ------
    InputError
        No candidate in any field.
    """
    judged, scores = _judged(found, truth, rule)
    valid = judged.found["VALID"]
    if not valid.any():
        raise InputError(
            next(iter(truth.values())),
            f"no candidate in the {len(truth)} fields that calibrate",
            expected="some, that probabilities are learned from",
            remedy="raise clusters.simulate.fields.number or clusters.data.held_out",
        )
    ends = _reach(judged)
    kept = valid & judged.found["Z"].between(*ends)
    few = _few(judged.found[kept])
    if few:
        kept, ends = valid, EVERY
    scores, rows = scores[kept.to_numpy()], judged.found[kept]
    true = (rows["TRUTH"] != NONE).to_numpy()
    report = {"redshifts": ends, "candidates": len(true), "true": int(true.sum())}
    report |= {"error": None, "threshold": None}
    known = fit_logistic(scores, true)
    if few:
        seen = f"{report['true']} of {len(true)} candidates in {len(found)} fields"
        return known, report | {"note": f"{seen} are true: {TOO_FEW}"}
    fold = np.unique(rows["FIELD"], return_inverse=True)[1] % FOLDS
    others = np.empty(len(true))
    for own in (fold == k for k in np.unique(fold)):
        others[own] = fit_logistic(scores[~own], true[~own])(scores[own])
    report["error"] = expected_error(others, true)
    told = replace(judged, found=rows.assign(SCORE=others))
    report["threshold"] = operating_threshold(told, purity)
    return known, report


def _reach(judged: Judged) -> list[float]:
    """Return between which redshifts clusters may be found that are there."""
    z = judged.truth["Z"][judged.truth["VALID"]]
    if not len(z):
        return EVERY
    dz = judged.rule.dz or 0.0
    low, high = float(z.min()), float(z.max())
    return [max(low - dz * (1 + low), 0.0), high + dz * (1 + high)]


def _few(rows: pd.DataFrame) -> bool:
    """Return whether candidates are too few to say how probable others are."""
    true = rows["TRUTH"] != NONE
    return len(rows) < FEWEST or true.nunique() < 2 or rows["FIELD"].nunique() < 2


def _judged(found: Mapping, truth: Mapping, rule: Rule) -> tuple[Judged, np.ndarray]:
    """Return candidates judged in the order of the filter's scores, and all scores."""
    lists = {i: read_clusters(path, empty=True) for i, path in truth.items()}
    rows = stacked(found)
    rows["SCORE"] = rows["FILTER_SCORE"]
    every = np.concatenate([scores_of(table) for table in found.values()])
    return judge(stacked(lists), rows, rule), every
