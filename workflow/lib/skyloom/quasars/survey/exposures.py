"""One exposure, one Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from skyloom.io.atomic import replacing
from skyloom.io.tables import META
from skyloom.quasars.spectra.store import Batch
from skyloom.quasars.survey.classify import Classifier, classify, columns
from skyloom.run.provenance import text

WHOLE = ("TARGETID", "TILEID", "EXPID", "BMU", "N_DETECT", "DEAD_ARMS")


def run_exposure(
    path: str | Path,
    batches: Iterable[Batch],
    by: Classifier,
    provenance: Mapping | None = None,
) -> tuple[int, int]:
    """Classify the spectra of an exposure and write its rows.

    Memory grows with the largest batch, not with the number of batches.

    Parameters
    ----------
    path : str or Path
        The ``.parquet`` file, written whole or not at all.
    batches : iterable of (DataFrame, ndarray, ndarray)
        On the network's grid, as `skyloom.quasars.spectra.store.batch` makes them and
        `skyloom.quasars.spectra.store.Store.tables` reads them.
    by : Classifier
        The ensemble.
    provenance : mapping, optional
        The record of `skyloom.run.provenance.record`, for the file's metadata.

    Returns
    -------
    rows, without : int
        Rows written, and spectra left out because they have no signal.
    """
    schema = schema_of(by, provenance)
    rows = without = 0
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema) as writer,
    ):
        for meta, flux, ivar in batches:
            found = classify(meta, flux, ivar, by)
            rows, without = rows + len(found), without + len(meta) - len(found)
            writer.write_table(
                pa.Table.from_pandas(found, schema, preserve_index=False)
            )
    return rows, without


def read_exposure(path: str | Path) -> pd.DataFrame:
    """Read the rows of an exposure."""
    return pd.read_parquet(path)


def schema_of(by: Classifier, provenance: Mapping | None = None) -> pa.Schema:
    """Return the columns of an exposure's file: whole numbers, and float64."""
    fields = [
        (name, pa.int64() if name in WHOLE else pa.float64())
        for name in columns(by.runner.arch)
    ]
    own = None if provenance is None else {META: text(provenance)}
    return pa.schema(fields, metadata=own)
