"""One exposure, one Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from skyloom.io.parquet import writing_parquet
from skyloom.io.spectra import IDENTIFIERS
from skyloom.quasars.spectra.store import Batch
from skyloom.quasars.survey.classify import Classifier, classify, columns

WHOLE = ("TARGETID", "TILEID", "EXPID", "BMU", "N_DETECT", "DEAD_ARMS")
WHOLE += tuple(name.upper() for name in IDENTIFIERS)


def run_exposure(
    path: str | Path, batches: Iterable[Batch], by: Classifier, provenance: Mapping
) -> tuple[int, int]:
    """Classify the spectra of an exposure and write its rows, whole or not at all.

    `batches` are on the network's grid (`skyloom.quasars.spectra.store.batch`), one in
    memory at a time; `provenance` goes to the metadata of the ``.parquet`` file.

    Returns
    -------
    rows, without : int
        Rows written, and spectra left out because they have no signal.
    """
    fields = [
        (name, pa.int64() if name in WHOLE else pa.float64())
        for name in columns(by.runner.arch)
    ]
    schema = pa.schema(fields)
    rows = without = 0
    with writing_parquet(path, schema, provenance) as add:
        for meta, flux, ivar in batches:
            found = classify(meta, flux, ivar, by)
            rows, without = rows + len(found), without + len(meta) - len(found)
            table = pa.Table.from_pandas(found, schema, preserve_index=False)
            add(table)
    return rows, without
