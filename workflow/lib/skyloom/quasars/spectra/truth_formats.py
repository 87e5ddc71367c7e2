"""The formats in which visual inspections come, and what their columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.rows import row_of
from skyloom.io.sdss import sdss_targetid
from skyloom.io.tables import REDSHIFT, Column

TYPES = {"targetid": "int64", "z": "float64", "klass": object, "confident": bool}
TYPES |= {"quality": "float64", "bal": "int64", "source": object}
COLUMNS = tuple(TYPES)
CLASSES = ("STAR", "GALAXY", "QSO")
GOOD_QUALITY = 2.5  # of DESI's inspectors: the mean of their 0 to 4
GOOD_CONF = 3  # Z_CONF_PERSON
GOOD_PARSED = 2  # Z_CONF after QuasarNET's parsing

# Codes of CLASS_PERSON, of the parsed OBJCLASS, and words of DESI's inspectors.
PERSON = {0: "", 1: "STAR", 3: "QSO", 4: "GALAXY", 30: "QSO", 50: ""}
PARSED = {0: "", 1: "STAR", 2: "GALAXY", 3: "QSO"}
WORDS = {"STAR": "STAR", "WD": "STAR", "GALAXY": "GALAXY", "QSO": "QSO"}
WORDS |= dict.fromkeys(("", "BAD", "UNKNOWN"), "")
BAL_PERSON = 30
# DESI's form of inspection offers this phrase; free text is not trusted.
BAL_PHRASE = "Broad absorption line quasar (BAL)"


class Format(NamedTuple):
    """A format of tables of truth.

    `convert` makes of path and DataFrame the columns of
    `skyloom.quasars.spectra.truth`, `confident` by quality alone.
    """

    name: str
    columns: dict[str, Column]
    convert: Callable[[Path, pd.DataFrame], pd.DataFrame]


def formats() -> tuple[Format, ...]:
    """Return the known formats, in the order in which they are tried."""
    integer, unknown = Column("int"), Column("float", empty=True)
    confidence = Column("int", low=-1, high=4)  # -1 none
    words = Column("str", empty=True)
    maybe = Column("float", required=False, empty=True)
    bal = {"BAL_FLAG_VI": maybe, "BI_CIV": maybe}
    own = {"targetid": integer, "z": REDSHIFT, "klass": words, "quality": unknown}
    own |= {"confident": Column("bool"), "bal": Column("int", low=-1, high=1)}
    desi = {"TARGETID": integer, "VI_Z": REDSHIFT, "VI_CLASS": words}
    desi["VI_QUALITY"] = Column("float", low=0, high=4)
    desi["all_VI_comments"] = Column("str", required=False, empty=True)
    person = dict.fromkeys(("PLATE", "MJD", "FIBERID"), integer)
    person |= {"Z_VI": REDSHIFT, "CLASS_PERSON": integer}
    person |= {"Z_CONF_PERSON": confidence}
    parsed = dict.fromkeys(("TARGETID", "OBJCLASS"), integer)
    parsed |= {"Z": REDSHIFT, "Z_CONF": confidence}
    parsed |= {f"SPID{i}": Column("int", required=False) for i in range(3)}
    return (
        Format("own", own | {"source": words}, _own),
        Format("DESI VI", desi, _desi),
        Format("superset", person | bal, _superset),
        Format("parsed", parsed | bal, _parsed),
    )


def format_of(path: Path, present: Iterable[str]) -> Format:
    """Return the first format whose required columns are all there, in any case.

    Raises
    ------
    InputError
        When there is none, with what the nearest lacks.
    """
    present = {name.upper() for name in present}
    lacking = {}
    for form in formats():
        needed = [name for name, c in form.columns.items() if c.required]
        lacking[form.name] = [name for name in needed if name.upper() not in present]
        if not lacking[form.name]:
            return form
    nearest = min(lacking, key=lambda name: len(lacking[name]))
    missing = ", ".join(lacking[nearest])
    problem = f"no known table of truth; nearest is {nearest}, without {missing}"
    raise InputError(path, problem, where="header", expected=one_of(lacking))


def _own(path: Path, raw: pd.DataFrame) -> pd.DataFrame:
    klass = raw["klass"].fillna("")
    bad = np.flatnonzero(~klass.isin([*CLASSES, ""]))
    if bad.size:
        problem, where = f"class {klass.iloc[bad[0]]!r}", row_of(path, bad[0])
        raise InputError(path, problem, where=where, expected=one_of(CLASSES))
    source = raw["source"].fillna("")
    return raw.assign(klass=klass, source=source, bal=raw["bal"].astype(np.int64))


def _desi(path: Path, raw: pd.DataFrame) -> pd.DataFrame:
    words = raw["VI_CLASS"].fillna("").str.strip().str.upper()
    comments = raw.get("all_VI_comments", pd.Series("", index=raw.index)).fillna("")
    bal = comments.str.contains(BAL_PHRASE, regex=False).astype(np.int64)
    klass, quality = coded(path, "VI_CLASS", words, WORDS), raw["VI_QUALITY"]
    good = quality >= GOOD_QUALITY
    return _truth(raw["TARGETID"], raw["VI_Z"], klass, good, quality, bal, "DESI VI")


def _superset(path: Path, raw: pd.DataFrame) -> pd.DataFrame:
    targetid = _by_spectrum(path, raw, ("PLATE", "MJD", "FIBERID"))
    code, quality = raw["CLASS_PERSON"], raw["Z_CONF_PERSON"]
    klass, good = coded(path, "CLASS_PERSON", code, PERSON), quality >= GOOD_CONF
    bal = _bal(raw, (code == BAL_PERSON).astype(np.int64))
    return _truth(targetid, raw["Z_VI"], klass, good, quality, bal, "superset")


def _parsed(path: Path, raw: pd.DataFrame) -> pd.DataFrame:
    # SPID1 is an MJD for BOSS and a night (yyyymmdd) for DESI, whose TARGETID is one.
    by_spectrum = "SPID1" in raw and (raw["SPID1"] < 10**5).all()
    spids = ("SPID0", "SPID1", "SPID2")
    targetid = _by_spectrum(path, raw, spids) if by_spectrum else raw["TARGETID"]
    quality, bal = raw["Z_CONF"], _bal(raw, pd.Series(0, index=raw.index))
    klass = coded(path, "OBJCLASS", raw["OBJCLASS"], PARSED)
    good = quality >= GOOD_PARSED
    return _truth(targetid, raw["Z"], klass, good, quality, bal, "parsed")


def _truth(*columns) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def coded(path: Path, name: str, codes: pd.Series, meaning: dict) -> pd.Series:
    """Return what the codes of a column mean.

    Raises
    ------
    InputError
        For a code without meaning, with its row.
    """
    bad = np.flatnonzero(~codes.isin(meaning))
    if bad.size:
        where = f"{row_of(path, bad[0])}, column {name!r}"
        problem = f"got {codes.tolist()[bad[0]]!r}"[:60]
        raise InputError(path, problem, where=where, expected=one_of(meaning))
    return codes.map(meaning)


def _bal(raw: pd.DataFrame, otherwise: pd.Series) -> pd.Series:
    if "BAL_FLAG_VI" not in raw or "BI_CIV" not in raw:
        return otherwise
    flag, index = raw["BAL_FLAG_VI"] > 0, raw["BI_CIV"]
    # Flagged with a balnicity of 0 are narrow troughs, mini-BALs, which are no BALs.
    yes, no = flag & (index > 0), index == 0
    return yes.astype(np.int64) - no.astype(np.int64)


def _by_spectrum(path: Path, raw: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    try:
        return sdss_targetid(*(raw[name] for name in names))
    except ValueError as bad:
        raise InputError(path, str(bad), where=f"columns {', '.join(names)}") from None


def one_of(values: Iterable) -> str:
    """Return the values as a list for a message."""
    return "one of " + ", ".join(repr(v) for v in values)
