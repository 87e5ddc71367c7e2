"""The answers of several inspectors: agreement, conflicts and one merged truth."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.tables import REDSHIFT, Column, read_csv
from skyloom.quasars.spectra.truth import COLUMNS
from skyloom.quasars.spectra.truth_formats import (
    CLASSES,
    GOOD_QUALITY,
    TYPES,
    WORDS,
    coded,
)

ANSWER = {
    "TARGETID": Column("int"),
    "VI_Z": REDSHIFT,
    "VI_QUALITY": Column("float", low=0, high=4),
    "VI_CLASS": Column("str", empty=True),
    "VI_BY": Column("str"),
}
DZ = 0.0033  # Δz / (1 + z) of two inspectors who agree: 1,000 km/s
DQUALITY = 1.0  # a larger difference of two qualities is a conflict


def read_answers(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read inspectors' CSVs, one or more inspectors a file.

    Returns
    -------
    DataFrame
        Columns `ANSWER`, sorted by target and inspector: VI_Z is NaN if none, VI_CLASS
        STAR, GALAXY, QSO or empty.

    Raises
    ------
    InputError
        A missing column, a cell that cannot be, an unknown class, or a target that an
        inspector answered twice.
    """
    answers = pd.concat([_read(Path(path)) for path in paths], ignore_index=True)
    again = np.flatnonzero(answers.duplicated(["TARGETID", "VI_BY"]))
    if again.size:
        row = answers.iloc[again[0]]
        problem = f"{row['VI_BY']!r} answers for target {row['TARGETID']} twice"
        raise InputError(row["file"], problem, expected="one answer a target")
    ordered = answers.drop(columns="file").sort_values(["TARGETID", "VI_BY"])
    return ordered.reset_index(drop=True)


def agreement(answers: pd.DataFrame) -> pd.DataFrame:
    """Return how far inspectors agree on classes beyond chance.

    A row for each pair, and one for all: `first`, `second`, the `targets` of both, the
    fraction `agreed` of equal pairs, and `kappa` = (p - e) / (1 - e), NaN when all say
    one class. It is Cohen's for a pair, and Fleiss' for all, over the targets of two or
    more inspectors, each weighing its pairs of answers.
    """
    grid = answers.pivot(index="TARGETID", columns="VI_BY", values="VI_CLASS")
    rows = [_pair(grid, one, two) for one, two in combinations(grid.columns, 2)]
    return pd.DataFrame([*rows, _fleiss(grid)])


def conflicts(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the targets on which inspectors disagree, a row each.

    Columns TARGETID; bool `class` (classes differ), `redshift` (those of one class
    differ by more than `DZ` (1 + z)) and `quality` (by more than `DQUALITY`); and
    `answers`, text.
    """
    rows = [_conflict(targetid, each) for targetid, each in answers.groupby("TARGETID")]
    names = ["TARGETID", "class", "redshift", "quality", "answers"]
    table = pd.DataFrame(rows, columns=names)
    disagree = table[["class", "redshift", "quality"]].any(axis=1).astype(bool)
    return table[disagree].reset_index(drop=True)


def merge(answers: pd.DataFrame, decisions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one truth a target, columns `skyloom.quasars.spectra.truth.COLUMNS`.

    The class is that of more than half of the inspectors, else empty; the redshift is
    the median of theirs; the quality the mean of all. Confident: mean quality of 2.5 or
    more, and more than half of all inspectors agree with that class and, but for stars,
    with that redshift.

    `decisions` has the columns of answers, one row a target: the answer that settles a
    conflict. `source` names the inspectors, ``A+B``, or ``A+B>merger`` if decided.

    Raises
    ------
    ValueError
        A decision twice, or about a target that nobody inspected.
    """
    rows = [_merged(targetid, each) for targetid, each in answers.groupby("TARGETID")]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if decisions is not None:
        table = _decided(table, decisions)
    return table.astype(TYPES)


def _read(path: Path) -> pd.DataFrame:
    table = read_csv(path, ANSWER)
    words = table["VI_CLASS"].fillna("").str.strip().str.upper()
    klass = coded(path, "VI_CLASS", words, WORDS)
    return table.assign(VI_CLASS=klass, file=str(path))


def _pair(grid: pd.DataFrame, one: str, two: str) -> dict:
    both = grid[[one, two]].dropna()
    agreed = float((both[one] == both[two]).mean()) if len(both) else np.nan
    shares = [both[name].value_counts(normalize=True) for name in (one, two)]
    by_lot = float(shares[0].mul(shares[1], fill_value=0).sum())
    return _row(one, two, len(both), agreed, by_lot)


def _fleiss(grid: pd.DataFrame) -> dict:
    said = np.stack([(grid == name).sum(axis=1) for name in (*CLASSES, "")], axis=1)
    said = said[said.sum(axis=1) >= 2]
    n = said.sum(axis=1, keepdims=True)
    pairs = float((n * (n - 1)).sum())
    agreed = float((said * (said - 1)).sum() / pairs) if pairs else np.nan
    shares = said.sum(axis=0) / max(n.sum(), 1)
    return _row("all", "all", len(said), agreed, float((shares**2).sum()))


def _row(first: str, second: str, targets: int, agreed: float, by_lot: float) -> dict:
    open_to_doubt = targets > 0 and by_lot < 1 - 1e-12
    kappa = (agreed - by_lot) / (1 - by_lot) if open_to_doubt else np.nan
    names = ("first", "second", "targets", "agreed", "kappa")
    return dict(zip(names, (first, second, targets, agreed, kappa), strict=True))


def _conflict(targetid: int, each: pd.DataFrame) -> tuple:
    by_class = each[each["VI_CLASS"] != "STAR"].groupby("VI_CLASS")["VI_Z"]
    redshift = any(_apart(z.to_numpy(float)) for _, z in by_class)
    quality = float(np.ptp(each["VI_QUALITY"])) > DQUALITY
    words = "; ".join(
        f"{a.VI_BY}: {a.VI_CLASS or 'unknown'} z={a.VI_Z:.4f} q={a.VI_QUALITY:g}"
        for a in each.itertuples()
    )
    return targetid, each["VI_CLASS"].nunique() > 1, redshift, quality, words


def _apart(z: np.ndarray) -> bool:
    z = z[np.isfinite(z)]
    return bool(z.size) and float(np.ptp(z)) > DZ * (1 + float(np.median(z)))


def _merged(targetid: int, each: pd.DataFrame) -> tuple:
    counts = each["VI_CLASS"].value_counts()
    klass = counts.index[0] if counts.iloc[0] * 2 > len(each) else ""
    z = each.loc[each["VI_CLASS"] == klass, "VI_Z"].to_numpy(float)
    middle = float(np.median(z[np.isfinite(z)])) if np.isfinite(z).any() else np.nan
    near = np.abs(z - middle) <= DZ * (1 + middle)
    agree = counts.iloc[0] if klass == "STAR" else int(near.sum())
    quality = float(each["VI_QUALITY"].mean())
    confident = klass != "" and agree * 2 > len(each) and quality >= GOOD_QUALITY
    source = "+".join(each["VI_BY"])
    return targetid, middle, klass, confident, quality, _bal(klass, confident), source


def _decided(table: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    again = decisions["TARGETID"].duplicated()
    strangers = set(decisions["TARGETID"]) - set(table["targetid"])
    if again.any() or strangers:
        twice = sorted(decisions.loc[again, "TARGETID"])
        msg = (
            f"decided twice: {twice}; decided, but never inspected: {sorted(strangers)}"
        )
        raise ValueError(msg)
    table = table.set_index("targetid")
    for row in decisions.itertuples():
        known = row.VI_CLASS == "STAR" or row.VI_Z > 0
        sure = bool(row.VI_CLASS and known and row.VI_QUALITY >= GOOD_QUALITY)
        source = f"{table.loc[row.TARGETID, 'source']}>{row.VI_BY}"
        bal = _bal(row.VI_CLASS, sure)
        cells = [row.VI_Z, row.VI_CLASS, sure, row.VI_QUALITY, bal, source]
        table.loc[row.TARGETID, list(COLUMNS[1:])] = cells
    return table.reset_index()[list(COLUMNS)]


def _bal(klass: str, confident: bool) -> int:
    return -1 if confident and klass in ("STAR", "GALAXY") else 0
