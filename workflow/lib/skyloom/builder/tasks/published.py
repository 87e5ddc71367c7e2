"""Our fits against the published ones, on the same pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from skyloom.builder.drawings.upstream import frame_shape, read_upstream
from skyloom.builder.evaluation.comparison import chisq_of_both, compare_chisq
from skyloom.builder.evaluation.published_fit import published_fit
from skyloom.builder.images.cutout_files import usable_cutout
from skyloom.builder.model import ModelError, from_dict
from skyloom.builder.tasks.files import Files, own
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError, raw_datum


def chisq_tree(subjects: Iterable[int], files: Files) -> dict:
    """Return how our models and the published ones fit the same pixels.

    Parameters
    ----------
    subjects : iterable of int
        Those that have a published model.
    files : mapping of str to mapping of int to path
        ``models`` and ``cutouts`` of ours, and the published ``decoded`` ones.

    Returns
    -------
    dict
        `compare_chisq`, with its ``rows``, and how many galaxies were ``left_out`` for
        each reason.
    """
    rows, left_out = [], Counter()
    for subject in subjects:
        try:
            row = _both_chisq(**own(files, subject))
        except DatumError as bad:
            left_out[str(bad)] += 1
        else:
            rows.append({"subject_id": subject} | row)
    return compare_chisq(rows) | {"rows": rows, "left_out": dict(left_out)}


def _both_chisq(models: str, cutouts: str, decoded: str) -> dict[str, float]:
    """Return `chisq_of_both` of a galaxy; DatumError with a reason of few words."""
    cutout, ours = usable_cutout(cutouts), read_json(models)["model"]
    if ours is None:
        msg = "no model of ours"
        raise DatumError(msg)
    try:
        with raw_datum():
            published = read_upstream(decoded)
        theirs = published_fit(published)
    except (DatumError, ModelError) as bad:
        msg = "no published model that can be read"
        raise DatumError(msg) from bad
    if frame_shape(published) != cutout.image.shape:
        msg = "published for a frame of another size"
        raise DatumError(msg)
    return chisq_of_both(from_dict(ours), theirs, cutout)
