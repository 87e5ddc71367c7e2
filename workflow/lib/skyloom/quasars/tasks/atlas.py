"""What the atlas shows of quasars: the query to answer, rates, and the catalogue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.atlas.numbers import short
from skyloom.atlas.similar import similar
from skyloom.io.errors import REMADE, InputError
from skyloom.io.record import digest_of
from skyloom.io.tables import read_own_csv
from skyloom.quasars.evaluation.curves import rates_by_threshold, steps
from skyloom.quasars.evaluation.metrics import judged
from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.query.figures import SEEN, smoothed
from skyloom.quasars.query.strategies import VOTES
from skyloom.quasars.spectra import shown
from skyloom.quasars.spectra.grid import Grid, normalise
from skyloom.quasars.spectra.rejects import Rejects
from skyloom.quasars.spectra.store import batch
from skyloom.quasars.spectra.truth_formats import WORDS
from skyloom.quasars.survey.classify import LINE_COLUMNS
from skyloom.quasars.survey.target_classes import row_thresholds
from skyloom.quasars.tasks.evaluation import forecasts
from skyloom.quasars.tasks.query import KEYS, stamps
from skyloom.quasars.tasks.survey import noisier
from skyloom.run.seeds import rng
from skyloom.stats.calibration import reliability

MOST = 1000  # spectra of a view
EXPOSURES = 8  # of a survey, whose spectra are shown
DOUBT = 0.25  # share of the lines' weight, from which another redshift is told of
ARMS = {1: "b", 2: "r", 4: "z"}
FIELDS = {  # column: what it is called
    "Z": "redshift",
    "Z_ERR": "error of the redshift",
    "Z_REFINED": "redshift, refined by a template",
    "PROBABILITY": "probability of a quasar",
    "C_BEST": "confidence of the best line",
    "N_DETECT": "lines found",
    "SN": "median S/N per pixel",
    "C_NOT": "votes: no quasar",
    "C_QSO_LZ": "votes: quasar below z = 2.1",
    "C_QSO_HZ": "votes: quasar above z = 2.1",
    "ENTROPY": "entropy of the votes [nat]",
    "BALD": "what members dispute [nat]",
    "SUPPORT": "share of the lines' weight for the redshift",
    "Z_ALT": "next best redshift",
    "SUPPORT_ALT": "share of the lines' weight for the next best",
    "C_BAL_CIV": "broad absorption of C IV",
}
NAMES = {"LYA": "Lyα", "CIV": "C IV", "CIII": "C III]", "MGII": "Mg II"}
NAMES |= {"HBETA": "Hβ", "HALPHA": "Hα"}
# Further lines that inspectors look for [Å, vacuum]: Vanden Berk et al. 2001, AJ 122,
# 549, and of galaxies SDSS's table of lines.
OTHERS = {"O VI": 1033.82, "N V": 1240.81, "Si IV": 1399.8, "[O II]": 3728.48}
OTHERS |= {"Ca K": 3934.78, "Ca H": 3969.59, "[O III]": 5008.24, "Na D": 5895.6}


class Page:
    """Views that share their pictures: each takes rows, and spectra in their order."""

    def __init__(self):
        self.pictures: list[np.ndarray] = []

    def view(self, rows: pd.DataFrame, wave, flux, ivar, limit, n_detect: int) -> dict:
        """Return ``wave`` and the ``objects`` of rows of results.

        `flux` and `ivar`, (n, pixels), are on pixels of the lower edges `wave` [Å];
        `limit` is the threshold of the score, or of each row's.
        """
        first = len(self.pictures)
        self.pictures += [
            shown.picture(smoothed(*one)) for one in zip(flux, ivar, strict=True)
        ]
        near = similar(shown.pieces(flux, ivar))
        called = score_of(rows, n_detect) > limit
        columns = zip(rows.to_dict("records"), flux, ivar, near, called, strict=True)
        objects, times = [], Counter()
        for k, (row, f, i, like, yes) in enumerate(columns, first):
            one = _object(row) | {"thumb": k, "called": bool(yes), "similar": like}
            times[one["id"]] += 1
            if times[one["id"]] > 1:  # given spectra may be of one target
                one["id"] += f":{times[one['id']]}"
            objects.append(one | {"spectrum": shown.packed(f, i)})
        return {"wave": shown.centres(wave), "objects": objects}


def words() -> dict:
    """Return what is the same for every view: fields, lines, words of classes."""
    lines = [{"name": k, "label": NAMES[k], "rest": v} for k, v in LINES.items()]
    return {
        "fields": {name: {"label": label} for name, label in FIELDS.items()},
        "lines": lines,
        "others": [{"label": k, "rest": v} for k, v in OTHERS.items()],
        "seen": SEEN,
        "words": WORDS,
    }


def asked(path: str | Path, results: str | Path) -> pd.DataFrame:
    """Return the rows of results that a query asks about, with why, in its order."""
    query = read_own_csv(path)[:MOST]
    why = query[[*KEYS, "RANK", "REASON", "N_EXP"]]
    return why.merge(_rows_of(results, query), on=KEYS, validate="one_to_one")


def sampled(results: str | Path, seed: int) -> tuple[pd.DataFrame, dict]:
    """Return rows of some targets of results, and how many there are.

    A row a target, of the best signal, from `EXPOSURES` exposures by lot: a page
    reads few files. The numbers are ``rows``, ``targets`` and ``exposures`` of all.
    """
    every = read_own_csv(results, usecols=[*KEYS, "SN"])
    n_exp = every.groupby("TARGETID").size()
    names = every[KEYS[:2]].drop_duplicates().sort_values(KEYS[:2])
    draw = rng(seed, "atlas")
    some = names.iloc[draw.permutation(len(names))[:EXPOSURES]]
    near = every.merge(some).sort_values(
        ["TARGETID", "SN", *KEYS[:2]], ascending=[True, False, True, True]
    )
    near = near[~near["TARGETID"].duplicated()]
    kept = near.iloc[np.sort(draw.permutation(len(near))[:MOST])]
    rows = kept[KEYS].merge(_rows_of(results, kept), on=KEYS, validate="one_to_one")
    counts = {"rows": len(every), "targets": len(n_exp), "exposures": len(names)}
    return rows.assign(N_EXP=n_exp.loc[rows["TARGETID"]].to_numpy()), counts


def survey_spectra(rows: pd.DataFrame, stores: Sequence[str]):
    """Return the pixels' lower edges, flux and ivar of rows, from the survey's stores.

    Only the stores of these rows are opened.
    """
    found = list(stamps(rows, stores))
    flux, ivar = (np.stack([getattr(s, k) for s in found]) for k in ("flux", "ivar"))
    return found[0].wave, flux, ivar


def given_spectra(
    files: Sequence[str | Path],
    rows: pd.DataFrame,
    grid: Grid,
    noise: float,
    seed: int,
):
    """Return the same of the first rows of a catalogue of given files.

    They are read as `skyloom.quasars.tasks.survey.classify_files` read them, as far as
    the rows go.

    Raises
    ------
    InputError
        The files hold other spectra than the catalogue has rows.
    """
    parts, n = [], 0
    for _, spectra in Rejects().spectra(files, anonymous=True):
        meta, flux, ivar = batch(noisier(spectra, noise, seed), grid)
        good = normalise(flux, ivar)[1]
        parts.append((meta[good], flux[good], ivar[good]))
        n += int(good.sum())
        if n >= len(rows):
            break
    meta, flux, ivar = (list(part) for part in zip(*parts, strict=True))
    ids = pd.concat(meta)["targetid"].to_numpy()[: len(rows)]
    if not np.array_equal(ids, rows["TARGETID"].to_numpy()):
        problem = "other spectra than the catalogue made of them"
        raise InputError(Path(files[0]).parent, problem, remedy=REMADE)
    return grid.wave, *(np.concatenate(part)[: len(rows)] for part in (flux, ivar))


def rates(
    results: pd.DataFrame,
    truth: pd.DataFrame,
    own: float,
    by_class: Mapping[str, float],
    n_detect: int,
) -> dict:
    """Return completeness and purity by threshold, and diagrams of reliability.

    Returns
    -------
    dict
        ``thresholds``, ``own`` (the place of the ensemble's among them), ``measures``
        of `rates_by_threshold`, ``reliability`` of score and probability; ``classes``:
        thresholds that stay; ``n_detect``.
    """
    rows = judged(results, truth, row_thresholds(results, own, by_class), n_detect)
    at = steps(own)
    tables = {k: reliability(one) for k, one in forecasts(rows, n_detect).items()}
    return {
        "thresholds": at.tolist(),
        "own": int(np.searchsorted(at, own)),
        "measures": rates_by_threshold(rows, at, by_class, n_detect),
        "reliability": {k: _columns(table) for k, table in tables.items()},
        "classes": dict(by_class),
        "n_detect": n_detect,
    }


def left_out(paths: Iterable[str | Path]) -> list[str]:
    """Return a sentence if spectra were left out, with the most frequent reasons."""
    parts = [read_own_csv(path, usecols=["REASON"], dtype=str) for path in paths]
    reasons = pd.concat(parts, ignore_index=True)["REASON"] if parts else []
    reasons = [re.sub(r"\S*/\S+", "another file", reason) for reason in reasons]
    if not reasons:
        return []
    often = Counter(reasons).most_common(3)
    told = "; ".join(f"{n} × {reason}" for reason, n in often)
    return [f"{len(reasons)} spectra or files were left out: {told}"]


def asked_before(objects: Sequence[Mapping]) -> str:
    """Return what tells one query from another of the same run and round."""
    return digest_of([one["id"] for one in objects])[:12]


def _rows_of(results: str | Path, wanted: pd.DataFrame) -> pd.DataFrame:
    # Piece by piece: of a large survey's catalogue a page needs a thousandth.
    keys = pd.MultiIndex.from_frame(wanted[KEYS])
    parts = []
    for part in read_own_csv(results, chunksize=100_000):
        here = pd.MultiIndex.from_frame(part[KEYS]).isin(keys)
        parts.append(part[here])
    # A target may be twice in one exposure; its stamps are those of the first.
    found = pd.concat(parts, ignore_index=True).drop_duplicates(KEYS)
    if len(found) != len(wanted):
        problem = f"{len(found)} rows of {len(wanted)} exposures asked about"
        raise InputError(results, problem, remedy=REMADE)
    return found


def _object(row: Mapping) -> dict:
    """Return a row of results as the page has it: identifiers are text."""
    lines = {
        name: [short(row[column.format(name)]) for column in LINE_COLUMNS]
        for name in LINES
        if f"C_{name}" in row
    }
    return {
        "id": str(row["TARGETID"]),
        "exposure": f"{row['TILEID']}/{row['EXPID']}",
        "place": [short(row["RA"], 8), short(row["DEC"], 8)],
        "values": {k: short(row[k], 6) for k in FIELDS if k in row},
        "votes": [short(row[k]) for k in VOTES],
        "lines": lines,
        "flags": _flags(row),
        "asked": _asked(row),
    }


def _asked(row: Mapping) -> dict:
    known = {"RANK": "rank", "REASON": "reason", "N_EXP": "exposures"}
    return {name: row[key] for key, name in known.items() if key in row}


def _flags(row: Mapping) -> list[str]:
    dead = [name for bit, name in ARMS.items() if int(row["DEAD_ARMS"]) & bit]
    flags = [f"no usable pixel of camera {', '.join(dead)}"] if dead else []
    other = float(row["SUPPORT_ALT"])
    if other >= DOUBT:
        z = float(row["Z_ALT"])
        flags.append(f"{other:.0%} of the lines' weight is for z = {z:.3f}")
    return flags


def _columns(table: pd.DataFrame) -> dict[str, list]:
    return {name: [short(v, 6) for v in table[name]] for name in table}
