"""What maps, votes and measures of galaxies that did not train are worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.parquet import read_parquet
from skyloom.run.seeds import rng
from skyloom.spirals.catalogue.galaxies import read_galaxies
from skyloom.spirals.config import Evaluate
from skyloom.spirals.dataset.images import Pictures
from skyloom.spirals.evaluation import votes as voting
from skyloom.spirals.evaluation.overlap import AGREED, summary, volunteer_overlap
from skyloom.spirals.evaluation.recovery import labels, recovery
from skyloom.spirals.geometry import Stamp
from skyloom.spirals.network.files import load_model
from skyloom.spirals.questions import questions
from skyloom.spirals.segmaps.counts import each
from skyloom.spirals.segmaps.marks import KINDS, read_marks
from skyloom.spirals.tasks.bars import real_bars
from skyloom.spirals.tasks.dataset import stamp_of
from skyloom.spirals.tasks.judging import scores
from skyloom.spirals.tasks.looking import look, read_packs
from skyloom.stats.calibration import calibration_error


class Case:
    """The galaxies that a model is judged on.

    Parameters
    ----------
    files : mapping of str to sequence of str
        ``model``, ``galaxies``, ``marks``, and those of `read_packs`.

    Attributes
    ----------
    model : Model
        The model.
    table : DataFrame
        Galaxies that neither trained it nor chose its epoch, and have marks or votes.
    seen : Looked
        What it says of them, and what volunteers did.
    stamps : list of Stamp
        Where the maps of those with marks lie, else None.
    trained : dict of str to ndarray, shape (n, answers)
        By source, votes of galaxies that trained it and that the run has, for the base
        rate; no source without votes.
    """

    def __init__(self, files: Mapping[str, Sequence[str]]):
        self.model = load_model(files["model"])
        table, packs = read_galaxies(files["galaxies"]), read_packs(files)
        pictures = Pictures(table, packs)
        voted = (pictures.votes > 0).any(1).numpy()
        known = table["name"].isin(self.model.training.get("galaxies", [])).to_numpy()
        rows = np.flatnonzero(~known & (voted | table["marks"].to_numpy()))
        if not len(rows):
            msg = (
                "no galaxy to judge the model on: those of the run have trained it, or "
                "have neither marks nor votes"
            )
            raise ValueError(msg)
        self.table = table.iloc[rows].reset_index(drop=True)
        self.seen = look(self.model, pictures, rows)
        learned = np.flatnonzero(known & voted)
        of = table["source"].to_numpy()[learned]
        votes = pictures.votes.numpy()[learned]
        self.trained = {source: votes[of == source] for source in sorted(set(of))}
        marks = {Path(path).stem: path for path in files["marks"]}
        records = {name: one for record, *_ in packs for name, one in record.items()}
        self.marks = {n: marks[n] for n in self.table["name"] if n in marks}
        self.stamps = [self._stamp(n, records) for n in self.table["name"]]

    def _stamp(self, name: str, records: Mapping[str, Mapping]) -> Stamp | None:
        if name not in self.marks:
            return None
        how = self.model.settings
        whole = stamp_of(records[name], how.size)
        whole = whole or read_marks(self.marks[name]).frame.stamp
        return whole.middle(how.crop, how.size)


def overlaps(case: Case, thresholds: Sequence[float]) -> pd.DataFrame:
    """Return a row a galaxy with marks: overlaps of the maps, and of the volunteers.

    The columns of `judging.scores`, and of each kind ``<kind>_volunteers``,
    ``<kind>_map``, ``<kind>_halves`` and ``<kind>_pairs`` of `volunteer_overlap`.
    """
    table = scores(case.seen.mean, case.seen, thresholds)
    table.insert(0, "source", case.table["source"])
    table.insert(0, "galaxy", case.table["name"])
    of = [_volunteers(case, row) for row in range(len(table))]
    return pd.concat([table, pd.DataFrame(of)], axis=1)[case.table["marks"]]


def _volunteers(case: Case, row: int) -> dict[str, float]:
    name, stamp = case.table["name"][row], case.stamps[row]
    found: dict[str, float] = {}
    marks = read_marks(case.marks[name]) if stamp else None
    for i, kind in enumerate(KINDS):
        if marks is None or marks.drawings(kind) is None:
            continue
        own = volunteer_overlap(each(marks, kind, stamp), case.seen.mean[row, i])
        found |= {f"{kind}_{key}": value for key, value in own.items()}
    return found


def map_report(table: pd.DataFrame, others: pd.DataFrame, how: Evaluate, draw) -> dict:
    """Return the overlaps of maps by source and kind, with intervals.

    Of galaxies on which at least 3 of 15 volunteers agree that there is an arm or a bar
    (`AGREED`). ``gains`` are over baselines, and over the volunteers: of the map with
    the same shares of the other volunteers.
    """
    report: dict = {}
    for source, part in table.groupby("source"):
        report[source] = {}
        for kind in KINDS:
            agreed = part[part[f"{kind}_most"] >= AGREED]
            columns = [c for c in agreed if c == kind or c.startswith(f"{kind}_")]
            if not len(agreed):
                continue
            own = summary(agreed[columns], draw, how.draws)
            over = {}
            if f"{kind}_volunteers" in agreed:
                gain = agreed[f"{kind}_map"] - agreed[f"{kind}_volunteers"]
                over = summary({"volunteers": gain}, draw, how.draws)
            for name, one in others.groupby("method"):
                of = one.set_index("galaxy")[kind].reindex(agreed["galaxy"])
                gain = agreed[kind].to_numpy() - of.to_numpy()
                own |= summary({name: of}, draw, how.draws)
                over |= summary({name: gain}, draw, how.draws)
            report[source][kind] = own | {"gains": over}
    return report


def voted(case: Case) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the galaxies of a source, their votes and the predicted concentrations.

    Those of which there is one answer each, an expert's, are apart, as
    ``<source>_single``: such answers are no volunteers' votes.
    """
    votes = case.seen.votes.astype(int)
    if not np.isfinite(case.seen.concentrations).all():  # trained for maps alone
        return
    most = votes.max(axis=1)
    for source in sorted(set(case.table["source"])):
        of = case.table["source"].to_numpy() == source
        for end, rows in (("", of & (most > 1)), ("_single", of & (most == 1))):
            if rows.any():
                own = case.seen.concentrations[rows]
                yield f"{source}{end}", votes[rows], own


def vote_report(case: Case, how: Evaluate, draw) -> dict:
    """Return what the predicted votes are worth, by source of galaxies, see `voted`."""
    report = {}
    for source, counts, own in voted(case):
        single = counts.max() == 1
        told = voting.forecast(own, counts)
        learned = case.trained.get(source.removesuffix("_single"))
        rate = voting.base_rate(counts if learned is None else learned)
        worth = voting.per_vote(own, counts, rate, draw, how.draws)
        right = voting.accuracy(own, counts, 1 if single else 5)
        report[source] = {
            "votes": "one answer a galaxy" if single else "counts of volunteers",
            "galaxies": len(counts),
            "base": "galaxies judged" if learned is None else "galaxies that trained",
            "calibration": calibration_error(told, draw),
            "questions": {
                one.name: calibration_error(voting.forecast(own, counts, (one,)), draw)
                for one in questions()
                if counts[:, one.columns].any()
            },
            "pit": voting.pit_distance(voting.pit(own, counts, draw), draw, how.draws),
            "log_likelihood": worth.to_dict("records"),
            "accuracy": right.to_dict("records"),
        }
    return report


def measured(
    case: Case, measures: pd.DataFrame, truth: Iterable[str]
) -> pd.DataFrame | None:
    """Return measures beside the truth, of simulated galaxies that did not train."""
    true = [read_parquet(path) for path in truth]
    if not true:
        return None
    table = measures[measures["name"].isin(case.table["name"])]
    return table.merge(pd.concat(true), on="name", validate="one_to_one")


def measure_report(table: pd.DataFrame | None, how: Evaluate, draw) -> dict:
    """Return bias, scatter, error and completeness of what is measured."""
    if table is None:
        return {}
    found = recovery(table, draw, how.draws)
    report = {row["quantity"]: row for row in found.to_dict("records")}
    return report | {"winding": labels(table, "winding")}


def evaluate(
    files: Mapping[str, Sequence[str]], how: Evaluate, seed: int
) -> tuple[dict, dict]:
    """Return the report, and what its figures show.

    ``files`` are those of `Case`, ``measures``, and ``truth``, ``baselines`` and
    ``bars``: none, or tables.
    """
    draw, case = rng(seed, "evaluate"), Case(files)
    tables = [read_parquet(path) for path in files["baselines"]]
    others = pd.concat(tables) if tables else pd.DataFrame({"method": []})
    table = overlaps(case, how.thresholds)
    measures = pd.concat([read_parquet(path) for path in files["measures"]])
    known = case.model.training.get("galaxies", [])
    unseen = measures[~measures["name"].isin(known)]
    true = measured(case, measures, files["truth"])
    report = {
        "galaxies": case.table["source"].value_counts().to_dict(),
        "maps": map_report(table, others, how, draw),
        "votes": vote_report(case, how, draw),
        "measures": measure_report(true, how, draw),
        "real_bars": real_bars(unseen, files["bars"], draw, how.draws),
    }
    shown = {"overlaps": table, "others": others, "measures": true, "case": case}
    return report, shown
