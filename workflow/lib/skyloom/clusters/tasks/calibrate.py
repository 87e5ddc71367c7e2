"""What scores of clusters are worth, on fields that did not choose the encoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from astropy.table import Table

from skyloom.clusters.catalogue.lists import read_clusters, read_wcs
from skyloom.clusters.data.files import read_file_data
from skyloom.clusters.evaluation.completeness import operating_threshold
from skyloom.clusters.evaluation.judge import NONE, Judged, Rule, judge, stacked
from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.inference.blend import blend
from skyloom.clusters.inference.classify import Predict, valid_share
from skyloom.clusters.tasks.file_data import fields_of
from skyloom.stats.calibration import Platt, expected_error, fit_platt

FOLDS = 10  # of fields, for the error of the calibration
FEWEST = 20  # candidates, true and false together, that a line is fitted to


@dataclass(frozen=True)
class Examined:
    """Fields of files of data, looked at whole."""

    predict: Predict
    tile: int  # of the encoder [px]
    pool: int
    truth: Mapping[int, str]  # lists of clusters by field, which say where it lies

    def candidates(self, files: Sequence[str], size: int) -> dict[int, Table]:
        """Return the candidates of each field of files, ``size`` in a full one."""
        return dict(self._each(files, size))

    def _each(self, files: Sequence[str], size: int) -> Iterator[tuple[int, Table]]:
        named = fields_of(files, size)
        for path, fields in zip(files, named.values(), strict=True):
            for number, one in zip(fields, read_file_data(path), strict=True):
                yield number, self._found(number, one["images"].float().numpy())

    def _found(self, number: int, image: np.ndarray) -> Table:
        maps = dict(self.predict(image[None]))
        maps["valid"] = valid_share(image[None], self.tile // self.pool)
        whole = {name: values[0] for name, values in maps.items()}
        shape = tuple(n * self.pool for n in image.shape[1:])
        folded = blend([((0, 0), whole)], shape, self.tile)
        wcs = read_wcs(self.truth[number])
        return candidates(folded, wcs, name=str(number))


def calibrate(
    found: Mapping[int, Table], truth: Mapping[int, str], rule: Rule, purity: float
) -> tuple[Platt | None, dict]:
    """Return what turns scores of candidates, by field, into probabilities.

    A candidate is true by ``rule``, whose score is ``SCORE``. The report has
    ``candidates``, ``true``, ``error`` before and after (of each field by what the
    others say, None where they say nothing), and ``threshold``: the probability above
    which a catalogue has the purity asked for.
    The calibration is None where too few candidates, or none of one kind, say anything.
    """
    judged = _judged(found, truth, rule)
    rows = judged.found[judged.found["VALID"]]
    score = rows["SCORE"].to_numpy(float)
    true = (rows["TRUTH"] != NONE).to_numpy()
    report = {"candidates": len(true), "true": int(true.sum()), "threshold": None}
    if len(true) < FEWEST or true.all() or not true.any():
        return None, report
    known = fit_platt(score, true)
    others = _by_others(score, true, rows["FIELD"].to_numpy())
    after = None if others is None else expected_error(others, true)
    report["error"] = {"before": expected_error(score, true), "after": after}
    above = operating_threshold(judged, purity)
    report["threshold"] = asdict(above) | {"value": float(known(above.value))}
    return known, report


def _by_others(score, true, field) -> np.ndarray | None:
    """Return probabilities as calibrated on other fields than a candidate's own.

    None where the others are all true or all false.
    """
    place = np.unique(field, return_inverse=True)[1]
    fold, known = place % FOLDS, np.empty(len(score))
    for k in np.unique(fold):
        own = fold == k
        if true[~own].all() or not true[~own].any():
            return None
        known[own] = fit_platt(score[~own], true[~own])(score[own])
    return known


def _judged(found: Mapping, truth: Mapping, rule: Rule) -> Judged:
    lists = {i: read_clusters(path, empty=True) for i, path in truth.items()}
    return judge(stacked(lists), stacked(found), rule)
