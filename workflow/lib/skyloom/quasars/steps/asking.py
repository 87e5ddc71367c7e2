"""The query of a round: which targets to look at, and what they look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.quasars.ensemble.bootstrap import held_out
from skyloom.quasars.query.figures import Stamp, stamps_of
from skyloom.quasars.query.select import Answer, select
from skyloom.quasars.settings import query
from skyloom.quasars.spectra.grid import Grid
from skyloom.quasars.spectra.store import Batch, Store
from skyloom.quasars.spectra.truth import read_truth
from skyloom.run.seeds import rng

SHEET = 30  # spectra on the contact sheet, the first asked


def ask(results: str, labels: str, number: int, settings: Mapping) -> Answer:
    """Choose the targets of a round.

    Parameters
    ----------
    results : path
        ``ensemble_results.csv`` of the round.
    labels : path
        Labels so far; their targets are not asked about again.
    number : int
        Of the round.
    settings : mapping
        Section ``query``, and ``seed``. The share ``query.reserve`` of the
        targets is never asked about: on these every round can be judged alike.

    Raises
    ------
    ValueError
        Nothing is left to ask about.
    """
    rows = pd.read_csv(results)
    rows = rows[~reserved(rows, settings)]
    known = read_truth(labels)["targetid"]
    chance = rng(settings["seed"], "query", number)
    return select(rows, query(settings["query"]), chance, known)


def reserved(rows: pd.DataFrame, settings: Mapping) -> np.ndarray:
    """Return which rows are of targets that are kept for judging, bool, (n,)."""
    share, seed = settings["query"]["reserve"], settings["seed"]
    return held_out(rows["TARGETID"].to_numpy(), share, seed)


@dataclass
class Asked:
    """The spectra of the targets of a query, in the stores of a survey.

    Attributes
    ----------
    table : DataFrame
        `skyloom.quasars.query.select.Answer.table`.
    stores : sequence of path
        Of the whole survey.
    """

    table: pd.DataFrame
    stores: Sequence[str]

    @property
    def grid(self) -> Grid:
        """Return the pixels of the stores."""
        with Store(self.stores[0]) as store:
            return store.grid

    def stamps(self) -> Iterator[Stamp]:
        """Yield a stamp a target, of the exposure to look at."""
        yield from stamps_of(self.table, self._holding())

    def batches(self) -> Iterator[Batch]:
        """Yield all spectra of the targets, of every exposure, for a store."""
        for path in self.stores:
            with Store(path) as store:
                meta = store.meta
                rows = np.flatnonzero(meta["targetid"].isin(self.table["TARGETID"]))
                if rows.size:
                    yield meta.iloc[rows].reset_index(drop=True), *store.rows(rows)

    def _holding(self) -> Iterator[Store]:
        # One at a time: a survey has more stores than a process may have open files.
        wanted = set(zip(self.table["TILEID"], self.table["EXPID"], strict=True))
        for path in self.stores:
            with Store(path) as store:
                if _exposures(store) & wanted:
                    yield store


def _exposures(store: Store) -> set[tuple[int, int]]:
    pairs = store.meta[["tileid", "expid"]].drop_duplicates()
    return set(pairs.itertuples(index=False, name=None))
