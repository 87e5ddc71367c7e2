"""What scores of clusters are worth, on fields that did not choose the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from astropy.table import Table

from skyloom.clusters.catalogue.lists import read_clusters, read_wcs
from skyloom.clusters.config_encoder import Data
from skyloom.clusters.data.files import read_file_data
from skyloom.clusters.evaluation.completeness import operating_threshold
from skyloom.clusters.evaluation.judge import NONE, Judged, Rule, judge, stacked
from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.inference.blend import blend
from skyloom.clusters.inference.classify import Predict, valid_share
from skyloom.clusters.tasks.file_data import fields_of
from skyloom.clusters.tasks.products import THRESHOLD
from skyloom.stats.calibration import Platt, cross_fitted, expected_error, fit_platt

FOLDS = 10  # of fields, for the error of the calibration and the threshold
FEWEST = 20  # candidates, true and false together, that a line is fitted to
TOO_FEW = (
    f"with fewer than {FEWEST}, or all of one kind, nothing is calibrated; PROBABILITY "
    f"is the encoder's own, and the threshold {THRESHOLD}; take more fields"
)
ALIKE = (
    "without those of some fields the others are all of one kind, and cannot say how "
    f"probable these are; the threshold is {THRESHOLD}; take more fields"
)


def candidates_of(
    files: Sequence[str], truth: Mapping[int, str], predict: Predict, data: Data
) -> dict[int, Table]:
    """Return the candidates of each field of files of data, looked at whole.

    ``truth`` has lists of clusters by field, which say where it lies.
    """
    found = {}
    for path, fields in zip(
        files, fields_of(files, data.n_per_file).values(), strict=True
    ):
        for number, one in zip(fields, read_file_data(path), strict=True):
            images = one["images"].float().numpy()[None]
            valid = valid_share(images, data.tile_size // data.pool)
            maps = dict(predict(images)) | {"valid": valid}
            whole = {name: values[0] for name, values in maps.items()}
            shape = tuple(n * data.pool for n in images.shape[2:])
            folded = blend([((0, 0), whole)], shape, data.tile_size)
            wcs = read_wcs(truth[number])
            found[number] = candidates(folded, wcs, name=str(number))
    return found


def calibrate(
    found: Mapping[int, Table], truth: Mapping[int, str], rule: Rule, purity: float
) -> tuple[Platt | None, dict]:
    """Return what turns scores of candidates, by field, into probabilities.

    A candidate, of score ``SCORE``, is true by ``rule``. The report has
    ``candidates``, ``true``, ``error`` before and after, and ``threshold``: the
    probability above which a catalogue has the purity asked for. Error and threshold
    are of probabilities that other fields than a candidate's own tell. ``note`` says
    what these fields are too few for.
    """
    judged = _judged(found, truth, rule)
    rows = judged.found[judged.found["VALID"]]
    score = rows["SCORE"].to_numpy(float)
    true = (rows["TRUTH"] != NONE).to_numpy()
    report = {"candidates": len(true), "true": int(true.sum()), "threshold": None}
    seen = f"{report['true']} of {len(true)} candidates in {len(found)} fields are true"
    if len(true) < FEWEST or true.all() or not true.any():
        return None, report | {"note": f"{seen}: {TOO_FEW}"}
    known = fit_platt(score, true)
    fold = np.unique(rows["FIELD"], return_inverse=True)[1] % FOLDS
    others = cross_fitted(score, true, fold)
    report["error"] = {"before": expected_error(score, true), "after": None}
    if others is None:
        return known, report | {"note": f"{seen}: {ALIKE}"}
    report["error"]["after"] = expected_error(others, true)
    told = replace(judged, found=rows.assign(SCORE=others))
    report["threshold"] = operating_threshold(told, purity)
    return known, report


def _judged(found: Mapping, truth: Mapping, rule: Rule) -> Judged:
    lists = {i: read_clusters(path, empty=True) for i, path in truth.items()}
    return judge(stacked(lists), stacked(found), rule)
