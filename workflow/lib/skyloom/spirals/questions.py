"""The questions that Galaxy Zoo asks, in a tree: `resources/spirals/questions.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from skyloom.io.record import checksum
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
    """Return the questions of a table, in its order."""
    table = read_csv(path, SCHEMA)
    place = {(row.question, row.answer): i for i, row in enumerate(table.itertuples())}
    found = []
    for name, rows in table.groupby("question", sort=False):
        first = rows.iloc[0]
        after = place.get((first["after_question"], first["after_answer"]))
        answers = tuple(rows["answer"])
        found.append(Question(name, answers, int(rows.index[0]), after))
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


def digest() -> str:
    """Return the checksum of the table, for the settings of rules that use it."""
    return checksum(PATH)


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
