"""What a visual inspection said: redshift, class and confidence by target.

One table whatever the file, with the columns of `COLUMNS`:

``targetid`` int64; ``z`` float64, NaN if unknown; ``klass`` STAR, GALAXY, QSO, or empty
where nobody could tell; ``confident`` bool; ``quality`` float64 as the file has it;
``bal`` int64, -1 no broad absorption, 0 unknown, 1 yes; ``source`` str.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.rows import header, is_text, row_of
from skyloom.io.tables import checked, read_csv, write_csv
from skyloom.quasars.spectra.truth_formats import (
    CLASSES,
    COLUMNS,
    TYPES,
    Format,
    format_of,
)

log = logging.getLogger(__name__)


def read_truth(path: str | Path) -> pd.DataFrame:
    """Read a table of truth, CSV or FITS (HDU 1), told apart by its columns.

    ========  =====================================================  ================
    format    columns                                                confident
    ========  =====================================================  ================
    own       those of `COLUMNS`                                     as it says
    DESI VI   TARGETID VI_Z VI_QUALITY VI_CLASS                      VI_QUALITY ≥ 2.5
    superset  PLATE MJD FIBERID Z_VI CLASS_PERSON Z_CONF_PERSON      Z_CONF_PERSON ≥ 3
    parsed    TARGETID Z OBJCLASS Z_CONF                             Z_CONF ≥ 2
    ========  =====================================================  ================

    Superset and parsed tables may have BAL_FLAG_VI and BI_CIV: `bal` is 1 where both
    say so, -1 where the balnicity is 0 (a flagged one is a mini-BAL, no BAL), 0 where
    an index without a flag says yes, or is missing; without the two columns a
    CLASS_PERSON of 30 is 1. Parsed tables may have SPID0 to SPID2, plate, MJD and
    fibre, which then make `targetid`. A DESI table may have all_VI_comments, whose
    standard phrase is `bal` 1. Confident stars and galaxies have `bal` -1 in any
    format.

    A redshift of -1 is unknown. Nobody is confident about an unknown class, nor about
    a galaxy or a quasar without a positive redshift.

    Raises
    ------
    InputError
        None of these formats, a cell that cannot be, or a target in two rows.
    """
    path = Path(path)
    name = path.name.lower()
    if is_text(path):
        form = format_of(path, header(path))
        raw = read_csv(path, form.columns)
    elif name.endswith((".fits", ".fits.gz", ".fit", ".fit.gz")):
        form, raw = _read_fits(path)
    else:
        raise InputError(path, f"suffix {path.suffix!r}", expected=".csv or .fits")
    if raw.empty:
        raise InputError(path, "no rows", expected="one row a target")
    return _finished(path, form.convert(path, raw))


def write_truth(path: str | Path, truth: pd.DataFrame) -> None:
    """Write the columns `COLUMNS` of a table of truth as CSV."""
    write_csv(path, truth[list(COLUMNS)])


def match(meta: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the truth of each row of `meta`, by its `targetid`, with its index.

    A target without truth has z NaN, klass and source empty, confident False, quality
    NaN, bal 0.

    Raises
    ------
    ValueError
        When a target has two truths, or no observation has any.
    """
    if truth["targetid"].duplicated().any():
        again = truth["targetid"][truth["targetid"].duplicated()].iloc[0]
        msg = f"target {again} has two truths"
        raise ValueError(msg)
    known = meta["targetid"].isin(truth["targetid"])
    if not known.any():
        msg = (
            f"none of {len(meta)} observations has a truth among {len(truth)} targets: "
            f"the first are {meta['targetid'].iloc[:3].tolist()} and "
            f"{truth['targetid'].iloc[:3].tolist()}"
        )
        raise ValueError(msg)
    log.info("%d of %d observations have a truth", known.sum(), len(meta))
    found = truth[list(COLUMNS)].set_index("targetid").reindex(meta["targetid"])
    found["confident"] = np.where(known, found["confident"], False).astype(bool)
    found["bal"] = np.where(known, found["bal"], 0).astype(np.int64)
    for name in ("klass", "source"):
        found[name] = np.where(known, found[name], "")
    found = found.reset_index()[list(COLUMNS)]
    return found.set_axis(meta.index, axis=0)


def _read_fits(path: Path) -> tuple[Format, pd.DataFrame]:
    with opened(path) as file:
        present = file.column_names(1)
        form = format_of(path, present)
        table = file.columns(1, (), form.columns)
    return form, checked(path, table, form.columns, lambda k: row_of(path, k))


def _finished(path: Path, truth: pd.DataFrame) -> pd.DataFrame:
    again = np.flatnonzero(truth["targetid"].duplicated())
    if again.size:
        problem = f"target {truth['targetid'].iloc[again[0]]} stands in two rows"
        remedy = "several inspectors' answers are merged by skyloom.quasars.spectra"
        raise InputError(
            path, problem, where=row_of(path, again[0]), remedy=f"{remedy}.inspect"
        )
    placed = (truth["klass"] == "STAR") | (truth["z"] > 0)
    sure = truth["confident"] & truth["klass"].isin(CLASSES) & placed
    demoted = int((truth["confident"] & ~sure).sum())
    if demoted:
        log.warning("%s: %d rows good by quality lack class or z", path, demoted)
    never = sure & truth["klass"].isin(("STAR", "GALAXY"))
    truth = truth.assign(confident=sure, bal=truth["bal"].mask(never, -1))
    return truth[list(COLUMNS)].astype(TYPES)
