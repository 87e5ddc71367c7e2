"""The query of a round: which targets to look at, and what they look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from skyloom.io.tables import read_own_csv
from skyloom.quasars.config import Query
from skyloom.quasars.ensemble.bootstrap import reserved
from skyloom.quasars.query.figures import Stamp, stamps_of
from skyloom.quasars.query.select import Answer, select
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.tasks.spectra import by_exposure
from skyloom.run.seeds import rng

UNUSED = ("Z_", "RA", "DEC", "SUPPORT", "C_BAL")  # columns no strategy reads
KEYS = ["TILEID", "EXPID", "TARGETID"]  # the order of rows breaks ties
SHEET = 30  # spectra on the contact sheet, the first asked


def ask(results: str, labels: str, number: int, query: Query, seed: int) -> Answer:
    """Choose the targets of round `number` from its catalogue.

    Targets of `labels`, and the reserved ones, are not asked about.

    Raises
    ------
    ValueError
        Nothing is left to ask about.
    """
    rows = read_own_csv(results, usecols=_wanted)
    kept = reserved(rows["TARGETID"].to_numpy(), query.reserve, seed)
    rows = rows[~kept].sort_values(KEYS)
    known = read_truth(labels)["targetid"]
    draw = rng(seed, "query", number)
    return select(rows, query, draw, known)


def stamps(table: pd.DataFrame, stores: Sequence[str]) -> Iterator[Stamp]:
    """Yield a stamp a target of `Answer.table`, of the exposure to look at.

    `stores` are those of the whole survey; only the ones needed are opened.
    """
    wanted = zip(table["TILEID"], table["EXPID"], strict=True)
    names = {f"{tile}/{exposure}" for tile, exposure in wanted}
    places = (path for name, path in by_exposure(stores).items() if name in names)
    yield from stamps_of(table, places)


def _wanted(name: str) -> bool:
    return name == "Z_ERR" or not name.startswith(UNUSED)
