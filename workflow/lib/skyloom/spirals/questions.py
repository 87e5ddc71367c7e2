"""The questions that Galaxy Zoo asks, in a tree: `resources/spirals/questions.csv`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError
from skyloom.io.tables import Column, read_csv
from skyloom.run.places import ROOT

PATH = ROOT / "resources" / "spirals" / "questions.csv"
SUFFIX = "-dr5"  # of the questions' names in Galaxy Zoo DESI's tables
SCHEMA = {
    "question": "str",
    "answer": "str",
    "after_question": Column(empty=True),
    "after_answer": Column(empty=True),
}


@dataclass(frozen=True)
class Question:
    """A question and its answers.

    Attributes
    ----------
    name : str
        Such as ``bar``.
    answers : tuple of str
        Such as ``strong``.
    first : int
        Column of the first answer among those of all questions.
    after : int or None
        Column of the answer after which it is asked; None: always.
    """

    name: str
    answers: tuple[str, ...]
    first: int
    after: int | None

    @property
    def columns(self) -> slice:
        """Its answers among those of all questions."""
        return slice(self.first, self.first + len(self.answers))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns in tables of votes: ``bar-dr5_strong``."""
        return tuple(f"{self.name}{SUFFIX}_{answer}" for answer in self.answers)


def read_questions(path: str | Path) -> tuple[Question, ...]:
    """Return the questions of a table, in its order.

    Raises
    ------
    InputError
        No rows, rows of a question that are apart or are asked after different
        answers, an answer given twice, or a question that is asked after no earlier
        one.
    """
    table = read_csv(path, SCHEMA).fillna("")
    if table.empty:
        raise InputError(path, "no rows", expected="a row an answer")
    place = {("", ""): None}
    found: list[Question] = []
    for number, row in enumerate(table.itertuples(index=False)):
        after = row.after_question, row.after_answer
        new = not found or found[-1].name != row.question
        if new:
            found.append(Question(row.question, (), number, place.get(after)))
        known = after in place and after[0] != row.question
        repeated = new and row.question in [one.name for one in found[:-1]]
        again = (row.question, row.answer) in place
        if not known or place[after] != found[-1].after or repeated or again:
            where = f"row {number + 2}"
            expected = "answers of a question together, each once, after one earlier"
            raise InputError(path, f"got {tuple(row)}", where=where, expected=expected)
        place[row.question, row.answer] = number
        found[-1] = replace(found[-1], answers=(*found[-1].answers, row.answer))
    return tuple(found)


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions of Galaxy Zoo DECaLS."""
    return read_questions(PATH)


def columns() -> list[str]:
    """Return the names of the columns of all answers."""
    return [name for question in questions() for name in question.names]


def question(name: str) -> Question:
    """Return one question."""
    return next(one for one in questions() if one.name == name)


def asked(shares: np.ndarray) -> np.ndarray:
    """Return the probability that each question is asked, shape (..., questions).

    Parameters
    ----------
    shares : ndarray, shape (..., answers)
        Expected shares of the answers of each question.
    """
    found, of = [], {}
    for one in questions():
        if one.after is None:
            found.append(np.ones(shares.shape[:-1]))
        else:
            parent = next(p for p in questions() if one.after < p.columns.stop)
            found.append(of[parent.name] * shares[..., one.after])
        of[one.name] = found[-1]
    return np.stack(found, axis=-1)


def expected_shares(concentrations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected share of each answer of its question, and its deviation.

    Those of Dirichlet distributions: of the shares among very many volunteers.

    Parameters
    ----------
    concentrations : ndarray, shape (..., answers)
        Of the answers of all questions.
    """
    mean, std = np.empty((2, *np.shape(concentrations)))
    for one in questions():
        a = np.asarray(concentrations[..., one.columns], np.float64)
        total = a.sum(axis=-1, keepdims=True)
        share = a / total
        mean[..., one.columns] = share
        std[..., one.columns] = np.sqrt(share * (1 - share) / (total + 1))
    return mean, std
