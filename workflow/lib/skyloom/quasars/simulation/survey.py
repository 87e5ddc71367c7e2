"""Whole simulated surveys, in files as DESI writes them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.desi import write_coadd
from skyloom.io.parquet import write_parquet
from skyloom.io.spectra import Spectra
from skyloom.io.tables import write_csv
from skyloom.quasars.config_simulation import Objects, SimulatedSurvey
from skyloom.quasars.inputs import FIRST_EXPID, INSPECTORS
from skyloom.quasars.simulation.inspectors import inspect
from skyloom.quasars.simulation.instrument import Instrument, desi, observe
from skyloom.quasars.simulation.targets import simulate_targets
from skyloom.quasars.spectra.quality import signal_to_noise
from skyloom.quasars.spectra.truth import write_truth
from skyloom.run.seeds import rng

FIRST = 39_600_000_000_000_000  # targetids look like DESI's
AGAIN = 0.1  # targets of the tile before that are seen again, relative to `targets`
SCATTER = 0.15  # of the depth from exposure to exposure, dex


def write_survey(
    folder: str | Path, plan: SimulatedSurvey, settings: Objects, seed: int
) -> pd.DataFrame:
    """Write a simulated survey.

    ``<tile>/<expid>/coadd-<tile>-<expid>.fits`` in DESI's layout; ``truth.csv`` (the
    columns of `skyloom.quasars.spectra.truth`); ``targets.parquet`` (all that the
    simulator knows, with ``sn``); ``vi_<name>.csv``, the answers of each inspector.

    The same seed gives the same bytes. A tile depends on its number, not on other
    tiles, except for the targets it shares with the one before.

    Return what ``targets.parquet`` holds.
    """
    folder = Path(folder)
    tables, before, signal = [], None, Counter()
    for k in range(plan.tiles):
        tile, first = plan.first_tile + k, FIRST_EXPID + k * plan.exposures
        own = _targets(plan, settings, seed, k)
        truth, flux = _with_again(own, before, plan, seed, tile)
        for expid in range(first, first + plan.exposures):
            draw = rng(seed, "exposure", expid)
            depth = 10.0 ** draw.normal(0, SCATTER)
            every = depth * 10.0 ** draw.normal(0, 0.05, len(truth))
            spectra = observed(truth, flux, (tile, expid), desi(), every, draw)
            write_coadd(folder / f"{tile}/{expid}/coadd-{tile}-{expid}.fits", spectra)
            sn = np.maximum(known_signal(spectra), 0)
            signal.update(dict(zip(truth["targetid"], sn**2, strict=True)))
        tables.append(own[0])
        before = own
    targets = pd.concat(tables, ignore_index=True)
    targets["sn"] = np.sqrt([signal[i] for i in targets["targetid"]])
    write_truth(folder / "truth.csv", targets)
    write_parquet(folder / "targets.parquet", targets)
    answers = inspect(targets, targets["sn"].to_numpy(), rng(seed, "inspectors"))
    for name in INSPECTORS:
        write_csv(folder / f"vi_{name}.csv", answers[answers["VI_BY"] == name])
    return targets


def observed(
    truth: pd.DataFrame,
    flux: np.ndarray,
    place: tuple[int, int],
    instrument: Instrument,
    depth: np.ndarray,
    draw: np.random.Generator,
) -> Spectra:
    """Observe targets of `simulate_targets` once, on a tile and in an exposure."""
    meta = pd.DataFrame({"targetid": truth["targetid"]})
    meta["tileid"], meta["expid"] = (np.int64(number) for number in place)
    for name in ("ra", "dec"):
        meta[name] = truth.get(name, np.nan)
    return observe(flux, meta, instrument, depth, draw, truth["fault"].to_numpy())


def known_signal(spectra: Spectra) -> np.ndarray:
    """Return the median flux over noise of the pixels that have data, 0 of none."""
    return np.nan_to_num(signal_to_noise(spectra))


def _targets(plan: SimulatedSurvey, settings: Objects, seed: int, k: int):
    tile = plan.first_tile + k
    draw = rng(seed, "tile", tile)
    first = FIRST + tile * 1_000_000
    truth, flux = simulate_targets(plan.targets, settings, draw, first)
    truth["ra"] = 150.0 + 3.0 * k + draw.uniform(0, 3, len(truth))
    truth["dec"] = draw.uniform(0, 3, len(truth))
    return truth, flux


def _with_again(own, before, plan: SimulatedSurvey, seed: int, tile: int):
    """Return this tile's targets, and some of the tile before, as (truth, flux)."""
    if before is None:
        return own
    count = round(AGAIN * plan.targets)
    draw = rng(seed, "again", tile)
    some = np.sort(draw.choice(len(before[0]), count, replace=False))
    truth = pd.concat([own[0], before[0].iloc[some]], ignore_index=True)
    return truth, np.concatenate([own[1], before[1][some]])
