"""Counts of volunteers' answers, by galaxy, in the columns of the question tree."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.tables import (
    column_names,
    read_columns,
    refuse,
    unique,
)
from skyloom.spirals.questions import SUFFIX, Question, columns, questions

log = logging.getLogger(__name__)

KEYS = ("dr8_id", "name")  # columns that tell galaxies apart, the first that is found
EARLIER = re.compile(r"-v\d+$")  # of answers of an earlier form of a question


def read_votes(
    paths: Iterable[str | Path], keys: Iterable[str] = KEYS
) -> tuple[pd.DataFrame, dict]:
    """Read tables of votes: Parquet, FITS or CSV.

    A column is an answer: ``bar-dr5_strong``, or ``bar_strong`` without the survey.
    Those of other surveys, ``bar-dr8_strong``, are other campaigns' votes: they are
    left out, with a warning. A question that was not asked is 0 or empty in all its
    answers. Where volunteers answered an earlier form of a question
    (``merging_neither-v1``), their answers to this one are not counted.

    Returns
    -------
    votes : DataFrame
        int32, the columns of all answers in the order of the tree, by galaxy, sorted.
    counts : dict
        Galaxies, with how many votes of each question, and ``more_than_parent``: how
        many galaxies have more votes of a question than of the answer it follows.

    Raises
    ------
    InputError
        As of `tables.read_columns`, and: no votes, a count that is negative, no whole
        number, or missing between others; a galaxy that stands twice.
    """
    found: list[pd.DataFrame] = []
    for path in paths:
        table = _read(path, list(keys))
        for other in found:
            both = table.index.intersection(other.index)
            if len(both):
                problem = (
                    f"{both[0]!r} ({len(both)} in all) stands in another table too"
                )
                remedy = "keep one row a galaxy"
                raise InputError(path, problem, remedy=remedy)
        found.append(table)
    if not found:
        return pd.DataFrame(columns=columns(), dtype=np.int32), {"galaxies": 0}
    votes = pd.concat(found).sort_index()
    return votes, counted(votes)


def counted(votes: pd.DataFrame) -> dict:
    """Return how many galaxies have votes, by question, and breaks of the tree."""
    counts: dict = {"galaxies": len(votes)}
    values, more = votes.to_numpy(), {}
    for one in questions():
        total = values[:, one.columns].sum(axis=1)
        counts[one.name] = int((total > 0).sum())
        if one.after is not None:
            more[one.name] = int((total > values[:, one.after]).sum())
    counts["more_than_parent"] = {name: n for name, n in more.items() if n}
    if counts["more_than_parent"]:
        log.warning("more votes than the answer before has: %s", more)
    return counts


def _read(path, keys: list[str]) -> pd.DataFrame:
    names = column_names(path)
    lower = {name.lower() for name in names}
    key = next((key for key in keys if key.lower() in lower), None)
    if key is None:
        expected = f"one of {', '.join(keys)}"
        raise InputError(path, "no column with galaxies' names", expected=expected)
    answers = _answers(path, names)
    earlier = _earlier(names)
    kinds = dict.fromkeys(answers.values(), "float")
    kinds |= {name: "float" for names in earlier.values() for name in names}
    table = read_columns(path, {key: "str", **kinds})
    unique(path, table, key)
    votes = np.zeros((len(table), len(columns())), np.int32)
    for one in questions():
        known = [answers[name] for name in one.names if name in answers]
        if known:
            values = _counts(path, table, known, one)
            old = table[earlier.get(one.name, [])].fillna(0).to_numpy()
            other = (old > 0).any(axis=1)
            if other.any():
                text = "%s: %d galaxies answered an earlier form of %r: not counted"
                log.warning(text, path, other.sum(), one.name)
                values[other] = 0
            of = [columns().index(n) for n in one.names if n in answers]
            votes[:, of] = values
    index = pd.Index(table[key], name=key)
    return pd.DataFrame(votes, index=index, columns=columns())


def _answers(path, names: list[str]) -> dict[str, str]:
    """Return the file's column of each answer that it has."""
    plain = {name.replace(SUFFIX, "", 1): name for name in columns()}
    found, others = {}, []
    for name in names:
        full = plain.get(name, name)
        if full in plain.values():
            if full in found:
                problem = f"columns {found[full]!r} and {name!r}"
                remedy = "keep one of them"
                raise InputError(path, problem, remedy=remedy)
            found[full] = name
        elif re.sub(r"-(dr\d+|ortho[^_]*)_", "_", name, count=1) in plain:
            others.append(name)
    if others:
        text = "%s: %d columns of other campaigns are left out: %s ..."
        log.warning(text, path, len(others), ", ".join(others[:3]))
    if not found:
        expected = f"columns such as {columns()[7]}"
        raise InputError(path, "no votes", expected=expected, remedy="rename them")
    _refuse_parts(path, found)
    return found


def _refuse_parts(path, found: dict[str, str]) -> None:
    """Refuse a question with some of its answers: shares would be wrong."""
    for one in questions():
        absent = [name for name in one.names if name not in found]
        if absent and len(absent) < len(one.names):
            expected = "all the answers of a question, or none"
            raise InputError(path, f"no column {', '.join(absent)}", expected=expected)


def _earlier(names: list[str]) -> dict[str, list[str]]:
    """Return the columns of earlier forms of each question."""
    found: dict[str, list[str]] = {}
    for name in names:
        stem, _, answer = name.partition("_")
        if EARLIER.search(answer):
            found.setdefault(stem.removesuffix(SUFFIX), []).append(name)
    return found


def _counts(path, table: pd.DataFrame, names: list[str], one: Question) -> np.ndarray:
    """Return the counts of a question's answers, checked."""
    values = np.array(table[names], np.float64)
    unasked = np.isnan(values).all(axis=1)
    values[unasked] = 0
    expected = "a whole number of votes, 0 or more; all empty if it was not asked"
    for name, column in zip(names, values.T, strict=True):
        bad = ~(column >= 0) | (column != np.floor(column)) | (column > 1e6)
        refuse(path, bad, name, column, expected, f"question {one.name!r}")
    return values
