"""What is left out of spectra, and why: bad files, dead targets, and twins."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.spectra import Spectra
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.spectra.readers import spectra_of

COLUMNS = ("FILE", "TARGETID", "TILEID", "EXPID", "REASON")
IDS = COLUMNS[1:4]
NO_SIGNAL = "no signal on the networks' pixels"

log = logging.getLogger(__name__)


class Rejects:
    """Reads files of spectra, and notes what it leaves out.

    Attributes
    ----------
    rows : list of dict
        One of `COLUMNS` each, JSON-plain; without a target where a file is meant.
    """

    def __init__(self):
        self.rows: list[dict] = []

    def spectra(
        self, paths: Sequence[str | Path], **how
    ) -> Iterator[tuple[str | Path, Spectra]]:
        """Yield each file with its spectra, batch after batch, as `spectra_of` does.

        A file that cannot be read does not stop the others: it is noted and logged. So
        is a target that an earlier file has in the same exposure: a copy, or the same
        light coadded otherwise.

        Raises
        ------
        InputError
            None of the files can be read.
        """
        bad: list[InputError] = []
        seen: dict[tuple, str] = {}
        for path in paths:
            used = 0
            try:
                for found in spectra_of(path, **how):
                    some = self._first(path, found, seen)
                    used += len(some)
                    if len(some):
                        yield path, some
            except InputError as error:
                bad.append(error)
                part = f"; its first {used} spectra are used" if used else ""
                self.rows.append({"FILE": str(path), "REASON": f"{error}{part}"})
                log.warning("left out: %s%s", error, part)
        if bad and len(bad) == len(paths):
            if len(bad) == 1:
                raise bad[0]
            problem = f"none of {len(bad)} files can be read; the first: {bad[0]}"
            raise InputError(Path(paths[0]).parent, problem)
        if bad:
            log.warning("%d of %d files are left out", len(bad), len(paths))

    def _first(self, path: str | Path, some: Spectra, seen: dict) -> Spectra:
        """Return the spectra that no earlier file has; note the others.

        Of no exposure in particular, they may be of other light: both are kept.
        """
        ids = list(map(tuple, some.meta[[name.lower() for name in IDS]].to_numpy()))
        files = [seen.get(one, str(path)) for one in ids]
        lit = np.any([(arm.ivar > 0).any(axis=1) for arm in some.arms], axis=0)
        seen |= {ids[k]: files[k] for k in np.flatnonzero(lit)}
        again = np.array([file != str(path) for file in files], bool)
        twin = again & (some.meta["expid"].to_numpy() >= 0)
        if again.any():
            msg = "%s: %d targets that an earlier file has too; %d are left out"
            log.warning(msg, path, again.sum(), twin.sum())
        for k in np.flatnonzero(twin):
            self._note(path, ids[k], f"{files[k]} has it in the same exposure")
        return some.rows(~twin)

    def _note(self, path: str | Path, ids: tuple, reason: str) -> None:
        names = dict(zip(IDS, map(int, ids), strict=True))
        self.rows.append({"FILE": str(path), **names, "REASON": reason})

    def note_silent(self, path: str | Path, one: tuple) -> None:
        """Note the targets without signal of a batch, as `store.batch` makes one.

        `skyloom.quasars.survey.classify` leaves them out.
        """
        meta, flux, ivar = one
        silent = meta[~normalise(flux, ivar)[1]]
        for ids in silent[[name.lower() for name in IDS]].to_numpy():
            self._note(path, ids, NO_SIGNAL)
        if len(silent):
            log.warning("%s: %d targets with %s", path, len(silent), NO_SIGNAL)


def table(rows: list[dict]) -> pd.DataFrame:
    """Return the rows of rejects as a table; TARGETID is empty of a whole file."""
    kinds = dict.fromkeys(COLUMNS, object) | dict.fromkeys(IDS, "Int64")
    # Not by way of a column of floats, which would round the identifiers.
    return pd.DataFrame(
        {k: pd.Series([row.get(k) for row in rows], dtype=v) for k, v in kinds.items()}
    )
