"""The query of a round: which targets to look at, and what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from skyloom.quasars.ensemble.bootstrap import held_out
from skyloom.quasars.query.figures import Stamp, stamps_of
from skyloom.quasars.query.select import Answer, select
from skyloom.quasars.settings import query
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.steps.surveying import by_exposure
from skyloom.run.seeds import rng

UNUSED = ("Z_", "RA", "DEC", "SUPPORT", "C_BAL")  # columns no strategy reads
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
    rows = pd.read_csv(results, usecols=_wanted)
    # The table's order tells when exposures came; a query does not depend on it.
    rows = rows[~reserved(rows, settings)].sort_values(["TILEID", "EXPID", "TARGETID"])
    known = read_truth(labels)["targetid"]
    chance = rng(settings["seed"], "query", number)
    return select(rows, query(settings["query"]), chance, known)


def reserved(rows: pd.DataFrame, settings: Mapping) -> np.ndarray:
    """Return which rows are of targets that are kept for judging, bool, (n,)."""
    share, seed = settings["query"]["reserve"], settings["seed"]
    return held_out(rows["TARGETID"].to_numpy(), share, seed, "reserved")


def stamps(table: pd.DataFrame, stores: Sequence[str]) -> Iterator[Stamp]:
    """Yield a stamp a target, of the exposure to look at.

    Parameters
    ----------
    table : DataFrame
        `skyloom.quasars.query.select.Answer.table`.
    stores : sequence of path
        Of the whole survey; those of the exposures asked about are opened.
    """
    wanted = zip(table["TILEID"], table["EXPID"], strict=True)
    names = {f"{tile}/{exposure}" for tile, exposure in wanted}
    places = (path for name, path in by_exposure(stores).items() if name in names)
    yield from stamps_of(table, _opened(places))


def _wanted(name: str) -> bool:
    return name == "Z_ERR" or not name.startswith(UNUSED)


def _opened(places: Iterable[str]) -> Iterator[Store]:
    for path in places:
        with Store(path) as store:
            yield store
