"""How unusual the test spectra of a run are, and where the unusual ones are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.run.log import progress
from skyloom.run.seeds import rng
from skyloom.spectra.mapping.novelty import noise_of, residual
from skyloom.spectra.place.outliers import fibres, flatness, rings
from skyloom.spectra.place.spectra import Model
from skyloom.spectra.rest.files import CHUNK, RestSpectra, read_spectra, table_of
from skyloom.spectra.rest.galaxy import galaxy_of
from skyloom.spectra.tasks.anomalies import most_unusual
from skyloom.spectra.tasks.labels import check_spectra
from skyloom.stats.intervals import one_share

LIMIT = 95.0  # percentile beyond which a spectrum counts as unusual


def judge_novelty(
    model: Model, flux: str | Path, info: str | Path, seed: int
) -> tuple[dict, Table]:
    """Return how unusual test spectra are, and the least usual of them.

    The report has, of test spectra, the ``share`` beyond the 95th percentile of the
    training spectra, which is usually more than 5 %, since the map was fitted to those;
    the same ``by_sn``, by one over the noise of a pixel of scaled flux, in factors of
    two; and ``flatness`` of that rate by the size of the IFU, by the ring within it,
    and by redshift.

    Raises
    ------
    InputError
        Spectra on another grid than the map's, or scaled otherwise.
    """
    spectra = read_spectra(flux, info)
    check_spectra(flux, info, spectra, model.map)
    found = pd.concat(
        [
            _judged(model, spectra.rows(slice(i, i + CHUNK)))
            for i in progress(range(0, len(spectra), CHUNK), "pieces of spectra")
        ],
        ignore_index=True,
    )
    odd = (found["novelty"] > LIMIT).to_numpy()
    galaxy = galaxy_of(found)
    report = {"spectra": len(found), "share": one_share(int(odd.sum()), len(odd))}
    noise = np.round(-np.log2(found["noise"])).astype(int)
    report["by_sn"] = {
        f"{2.0**step:g}": one_share(int(odd[noise == step].sum()), int(n))
        for step, n in noise.value_counts().sort_index().items()
    }
    report["flatness"] = {
        name: flatness(odd, group, galaxy, rng(seed, "flatness", name))
        for name, group in _groups(found).items()
    }
    return report, table_of(most_unusual(found))


def _judged(model: Model, piece: RestSpectra) -> pd.DataFrame:
    """Return the table of scaled spectra that have good pixels, with their novelty."""
    piece = piece.rows(np.flatnonzero((piece.ivar > 0).any(axis=1)))
    unit, distance, latent = model.map.place(piece.flux, piece.ivar)
    left = residual(piece.flux, piece.ivar, model.map.reconstruct(latent))
    noise = noise_of(piece.ivar)
    return piece.info.assign(
        bmu=unit,
        distance=distance,
        residual=left,
        noise=noise,
        novelty=model.novelty.percentile(distance, noise),
        excess=model.novelty.excess(distance, left, noise),
    )


def _groups(found: pd.DataFrame) -> Mapping[str, np.ndarray]:
    """Return the groups that the rate of unusual spectra is compared between."""
    groups = {}
    if "plateifu" in found:
        count = fibres(found["plateifu"])
        groups["fibres"] = np.where(count > 0, count, -1)
        if {"x", "y"} <= set(found):
            place = (found[name].to_numpy(float) for name in ("x", "y"))
            groups["ring"] = rings(*place, count)
    if "redshift" in found:
        z = found["redshift"].to_numpy(float)
        edges = np.nanquantile(z, [0.25, 0.5, 0.75])
        groups["quarter_of_redshift"] = np.searchsorted(edges, z)
    return groups
