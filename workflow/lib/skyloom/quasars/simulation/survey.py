"""Whole simulated surveys: files as DESI writes them, or spectra as BOSS has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.desi import write_coadd
from skyloom.io.spectra import Spectra
from skyloom.io.tables import write_csv, write_parquet
from skyloom.quasars.config import Objects, SimulatedSurvey
from skyloom.quasars.inputs import FIRST_EXPID
from skyloom.quasars.simulation.inspectors import NAMES, inspect
from skyloom.quasars.simulation.instrument import boss, desi, observe
from skyloom.quasars.simulation.targets import simulate_targets
from skyloom.quasars.spectra.truth import write_truth
from skyloom.run import seeds

FIRST = 39_600_000_000_000_000  # targetids look like DESI's
BATCH = 250
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
        own = _targets(plan, settings, seed, k)
        seen = _with_again(own, before, plan, seed, k)
        for e in range(plan.exposures):
            spectra = _exposure(seen, plan, seed, k, e)
            write_coadd(folder / _coadd(plan, k, e), spectra)
            sn = np.maximum(signal_to_noise(spectra), 0)
            signal.update(dict(zip(seen[0]["targetid"], sn**2, strict=True)))
        tables.append(own[0])
        before = own
    targets = pd.concat(tables, ignore_index=True)
    targets["sn"] = np.sqrt([signal[i] for i in targets["targetid"]])
    write_tables(folder, targets, seed)
    return targets


def write_tables(folder: str | Path, targets: pd.DataFrame, seed: int) -> None:
    """Write truth, targets and inspectors' answers of a survey to its folder."""
    folder = Path(folder)
    write_truth(folder / "truth.csv", targets)
    write_parquet(folder / "targets.parquet", targets)
    answers = inspect(targets, targets["sn"].to_numpy(), seeds.rng(seed, "inspectors"))
    for name in NAMES:
        write_csv(folder / f"vi_{name}.csv", answers[answers["VI_BY"] == name])


def boss_like(
    n: int, settings: Objects, seed: int, plate: int = 1
) -> tuple[Spectra, pd.DataFrame]:
    """Return n simulated BOSS spectra and their truth.

    `plate` is part of the seed and of `targetid`; each target is observed once. The
    spectra have one arm on SDSS's log grid, 4620 pixels from 10^3.5525 Å; the truth is
    that of `simulate_targets`, with ``sn``.
    """
    return _once(
        n, settings, seeds.rng(seed, "boss", plate), boss(), (plate, 56000), 0.12
    )


def boss_batches(
    n: int, settings: Objects, seed: int, first_plate: int = 1
) -> Iterator[tuple[Spectra, pd.DataFrame]]:
    """Yield `boss_like` spectra in batches of `BATCH`, n in all, constant memory.

    Each batch is a plate; other plates have other targets.
    """
    for plate, start in enumerate(range(0, n, BATCH), start=first_plate):
        yield boss_like(min(BATCH, n - start), settings, seed, plate)


def desi_batches(
    n: int, settings: Objects, seed: int, first_tile: int = 1
) -> Iterator[tuple[Spectra, pd.DataFrame]]:
    """Yield simulated single DESI exposures in batches of `BATCH`, n in all.

    Each batch is a tile; other tiles have other targets.
    """
    instrument = desi()
    for tile, start in enumerate(range(0, n, BATCH), start=first_tile):
        count, rng = min(BATCH, n - start), seeds.rng(seed, "desi", tile)
        yield _once(count, settings, rng, instrument, (tile, tile), 0.2)


def _once(n, settings: Objects, rng, instrument, numbers, scatter):
    """Return spectra and truth of n targets, whose depths scatter (dex)."""
    first = FIRST + numbers[0] * 1_000_000
    truth, flux = simulate_targets(n, settings, rng, first)
    depth = 10.0 ** rng.normal(0, scatter, n)
    fault = truth["fault"].to_numpy()
    meta = _meta(truth, *numbers)
    spectra = observe(flux, meta, instrument, depth, rng, fault)
    return spectra, truth.assign(sn=signal_to_noise(spectra))


def signal_to_noise(spectra: Spectra) -> np.ndarray:
    """Return the median flux over noise of the pixels that have data, shape (n,)."""
    flux = np.concatenate([arm.flux for arm in spectra.arms], axis=1)
    ivar = np.concatenate([arm.ivar for arm in spectra.arms], axis=1)
    ratio = np.where(ivar > 0, flux * np.sqrt(ivar), np.nan)
    alive = (ivar > 0).any(axis=1)
    out = np.zeros(len(flux))
    out[alive] = np.nanmedian(ratio[alive], axis=1)
    return out


def _coadd(plan: SimulatedSurvey, k: int, e: int) -> Path:
    tile, expid = plan.first_tile + k, _expid(plan, k, e)
    return Path(f"{tile}/{expid}/coadd-{tile}-{expid}.fits")


def _expid(plan: SimulatedSurvey, tile: int, exposure: int) -> int:
    return FIRST_EXPID + tile * plan.exposures + exposure


def _targets(plan: SimulatedSurvey, settings: Objects, seed: int, k: int):
    rng = seeds.rng(seed, "tile", plan.first_tile + k)
    first = FIRST + (plan.first_tile + k) * 1_000_000
    truth, flux = simulate_targets(plan.targets, settings, rng, first)
    truth["ra"] = 150.0 + 3.0 * k + rng.uniform(0, 3, len(truth))
    truth["dec"] = rng.uniform(0, 3, len(truth))
    return truth, flux


def _with_again(own, before, plan: SimulatedSurvey, seed: int, k: int):
    """Return this tile's targets, and some of the tile before, as (truth, flux)."""
    if before is None:
        return own
    rng = seeds.rng(seed, "again", plan.first_tile + k)
    count = round(AGAIN * plan.targets)
    some = np.sort(rng.choice(len(before[0]), count, replace=False))
    truth = pd.concat([own[0], before[0].iloc[some]], ignore_index=True)
    return truth, np.concatenate([own[1], before[1][some]])


def _exposure(seen, plan: SimulatedSurvey, seed: int, k: int, e: int) -> Spectra:
    truth, flux = seen
    expid = _expid(plan, k, e)
    rng = seeds.rng(seed, "exposure", expid)
    depth = 10.0 ** rng.normal(0, SCATTER)
    every = depth * 10.0 ** rng.normal(0, 0.05, len(truth))
    meta = _meta(truth, plan.first_tile + k, expid)
    return observe(flux, meta, desi(), every, rng, truth["fault"].to_numpy())


def _meta(truth: pd.DataFrame, tileid: int, expid: int) -> pd.DataFrame:
    nowhere = pd.Series(np.nan, index=truth.index)
    return pd.DataFrame(
        {
            "targetid": truth["targetid"],
            "tileid": np.int64(tileid),
            "expid": np.int64(expid),
            "ra": truth.get("ra", nowhere),
            "dec": truth.get("dec", nowhere),
        }
    )
