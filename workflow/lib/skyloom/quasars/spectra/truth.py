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
from skyloom.io.tables import header, read_csv, write_csv
from skyloom.quasars.spectra.truth_formats import (
    CLASSES,
    COLUMNS,
    TYPES,
    Format,
    format_of,
    row_of,
)

log = logging.getLogger(__name__)

HIGHEST = 20.0  # a redshift above is a slip of the pen


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
    say so, -1 where neither does, 0 where they disagree; without them a CLASS_PERSON
    of 30 is 1. Parsed tables may have SPID0 to SPID2, plate, MJD and fibre, which then
    make `targetid`. A DESI table may have all_VI_comments, whose standard phrase is
    `bal` 1. Confident stars and galaxies have `bal` -1 in any format.

    Nobody is confident about an unknown class, nor about a galaxy or a quasar without
    a positive redshift.

    Raises
    ------
    InputError
        None of these formats, a cell that cannot be, or a target in two rows.
    """
    path = Path(path)
    name = path.name.lower()
    if name.endswith(".csv"):
        present = header(path)
        form = format_of(path, present)
        wanted = {k: c for k, c in form.columns.items() if c.required or k in present}
        raw = read_csv(path, wanted)
    elif name.endswith((".fits", ".fits.gz", ".fit")):
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
        wanted = tuple(name for name in form.columns if name.upper() in present)
        table = file.columns(1, wanted)
    for name, values in table.items():
        number = form.columns[name].kind in ("int", "float")
        if values.ndim != 1 or (number and values.dtype.kind not in "iufb"):
            problem = f"{values.dtype} of shape {values.shape}"
            where = f"column {name!r}"
            raise InputError(path, problem, where=where, expected="one number a row")
        if not number:
            table[name] = np.char.strip(values.astype(str))
    return form, pd.DataFrame(table)


def _finished(path: Path, truth: pd.DataFrame) -> pd.DataFrame:
    _refuse_slips(path, truth)
    again = np.flatnonzero(truth["targetid"].duplicated())
    if again.size:
        problem = f"target {truth['targetid'].iloc[again[0]]} stands in two rows"
        remedy = "several inspectors' answers are merged by skyloom.quasars.spectra"
        raise InputError(
            path, problem, where=row_of(again[0]), remedy=f"{remedy}.inspect"
        )
    placed = (truth["klass"] == "STAR") | (truth["z"] > 0)
    sure = truth["confident"] & truth["klass"].isin(CLASSES) & placed
    demoted = int((truth["confident"] & ~sure).sum())
    if demoted:
        log.warning("%s: %d rows good by quality lack class or z", path, demoted)
    never = sure & truth["klass"].isin(("STAR", "GALAXY"))
    truth = truth.assign(confident=sure, bal=truth["bal"].mask(never, -1))
    return truth[list(COLUMNS)].astype(TYPES)


def _refuse_slips(path: Path, truth: pd.DataFrame) -> None:
    bad = np.flatnonzero((truth["z"] > HIGHEST) | np.isinf(truth["z"]))
    if bad.size:
        problem = f"redshift {truth['z'].iloc[bad[0]]}"
        expected = f"at most {HIGHEST}"
        raise InputError(path, problem, where=row_of(bad[0]), expected=expected)
