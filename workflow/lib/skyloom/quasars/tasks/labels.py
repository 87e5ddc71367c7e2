"""Labels: the inspectors' answers about a query, joined with the labels so far."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.tables import read_own_csv, write_csv
from skyloom.quasars.spectra.inspect import agreement, conflicts, merge, read_answers
from skyloom.quasars.spectra.truth import COLUMNS, read_truth, write_truth

log = logging.getLogger(__name__)


def answers_about(answers: str | Path, asked: str | Path) -> pd.DataFrame:
    """Return an inspector's answers about the targets of a query."""
    rows = read_own_csv(answers)
    wanted = read_own_csv(asked)["TARGETID"]
    return rows[rows["TARGETID"].isin(wanted)].reset_index(drop=True)


def merge_labels(
    before: str | Path,
    answers: Iterable[str | Path],
    decisions: str | Path | None,
    *,
    labels: str | Path,
    agreed: str | Path,
    disputed: str | Path,
) -> None:
    """Join the labels of the rounds before with inspectors' answers.

    Parameters
    ----------
    before : path
        Labels of the round before.
    answers : iterable of path
        CSVs of one or more inspectors (`skyloom.quasars.spectra.inspect`).
    decisions : path or None
        CSV in the same columns that settles conflicts.
    labels, agreed, disputed : path
        Written: all labels; agreement of the inspectors (κ); conflicts.

    Raises
    ------
    InputError
        Unreadable answers, one about a target that has a label already, or a decision
        about a target that nobody inspected.
    """
    answers = list(answers)
    old, new = read_truth(before), read_answers(answers)
    merged = merge(new) if decisions is None else _settled(new, decisions)
    again = merged["targetid"].isin(old["targetid"])
    if again.any():
        problem = f"target {merged['targetid'][again].iloc[0]} has a label already"
        expected = "answers about targets of this round's query"
        raise InputError(answers[0], problem, expected=expected)
    write_truth(labels, pd.concat([old, merged[list(COLUMNS)]], ignore_index=True))
    write_csv(agreed, agreement(new))
    write_csv(disputed, conflicts(new))
    log.info("%d targets labelled, %d confident", len(merged), merged.confident.sum())


def _settled(answers: pd.DataFrame, decisions: str | Path) -> pd.DataFrame:
    settled = read_answers([decisions])
    try:
        return merge(answers, settled)
    except ValueError as bad:
        expected = "one decision a target, about targets of this round's answers"
        raise InputError(decisions, str(bad), expected=expected) from None
