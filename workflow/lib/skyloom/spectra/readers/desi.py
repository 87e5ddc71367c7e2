"""DESI coadds, with the redshifts of the redrock file beside them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.desi import coadd_batches, targets_of
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.spectra import Arm
from skyloom.spectra.readers.beside import redrock_of
from skyloom.spectra.readers.dust import MOST, cleared, left_in
from skyloom.spectra.readers.observed import (
    BATCH,
    Observed,
    redshift_of,
    wavelengths,
)
from skyloom.spectra.rest.cuts import REDSHIFTS

log = logging.getLogger(__name__)

NO_REDROCK = "put the redrock-*.fits of this coadd-*.fits beside it, or give a redshift"


def read_coadd(
    path: str | Path,
    redshift: float | None = None,
    otherwise: float | None = None,
    size: int = BATCH,
) -> Iterator[Observed]:
    """Yield the targets of a coadd; a TARGETID stands for the galaxy.

    The arms are joined in the middle of what two of them see; a gap between them is
    masked. EBV of the table of targets undoes the Milky Way's dust. Redshifts are
    `redshift` for all, or those of ``redrock-*.fits`` beside ``coadd-*.fits``, NaN of a
    target that is not in it or has one that no galaxy has; without such a file
    `otherwise` for all. A target whose EBV cannot be one is masked, as the log says.

    Raises
    ------
    InputError
        What `skyloom.io.desi.coadd_batches` raises, or no redshifts.
    """
    path = Path(path)
    known = _redshifts(path) if redshift is None else None
    dust = _dust(path)
    for spectra in coadd_batches(path, size):
        for arm in spectra.arms:
            wavelengths(path, f"arm {arm.name}", arm.wave)
        wave, flux, ivar = joined(spectra.arms)
        wave = wavelengths(path, "the arms", wave)
        info = _facts(path, spectra.meta["targetid"], known, (redshift, otherwise))
        ebv = dust.reindex(spectra.meta["targetid"]).to_numpy(float)
        odd = (ebv < 0) | (ebv > MOST)
        for target, value in zip(info["plateifu"][odd], ebv[odd], strict=True):
            log.warning("%s: target %s is masked: EBV is %s", path, target, value)
        seen = Observed(wave, flux, np.where(odd[:, None], 0, ivar), info)
        yield cleared(seen, path, "column EBV", np.where(odd, np.nan, ebv))


def joined(arms: tuple[Arm, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return wave (p,), flux and ivar (n, p) of arms in order of wavelength."""
    parts, begin = [], 0.0
    for arm, after in zip(arms, (*arms[1:], None), strict=True):
        last, step = arm.wave[-1], arm.wave[-1] - arm.wave[-2]
        first = np.inf if after is None else after.wave[0]
        end = (last + first) / 2
        keep = (arm.wave > begin) & (arm.wave <= end)
        parts.append((arm.wave[keep], arm.flux[:, keep], arm.ivar[:, keep]))
        if np.isfinite(first) and first - last > 3 * step:
            # Masked pixels, so that no pixel reaches into the gap.
            empty = np.zeros((len(arm.flux), 2), np.float32)
            parts.append((np.array([last + step, first - step]), empty, empty))
        begin = end
    wave, flux, ivar = (np.concatenate(p, axis=-1) for p in zip(*parts, strict=True))
    return wave, flux, ivar


def _dust(path: Path) -> pd.Series:
    """Return E(B-V) by TARGETID, where the coadd tells it."""
    with opened(path, verify=False) as file:
        key = targets_of(file)
        if key is None:  # which is said when the coadd is read
            return pd.Series()
        table = file.integers(key, ("TARGETID",)) | file.numbers(key, (), ("EBV",))
    if "EBV" not in table:
        left_in(path)
    dust = pd.Series(table.get("EBV", 0.0), table["TARGETID"])
    return dust[~dust.index.duplicated()]


def _facts(path: Path, target: pd.Series, known, told) -> pd.DataFrame:
    info = pd.DataFrame({"plateifu": target.astype(str).to_numpy()})
    info["fname"] = path.name
    if known is None:
        info["redshift"] = redshift_of(path, told, NO_REDROCK)
        return info
    if not target.isin(known.index).any():
        problem = f"no redshift of TARGETID {target.iloc[0]} or of others"
        remedy = "put the redrock file of this coadd beside it"
        raise InputError(path, problem, remedy=remedy)
    found = known.reindex(target)
    z = found["Z"].to_numpy(float)
    info["redshift"] = np.where((z > REDSHIFTS[0]) & (z < REDSHIFTS[1]), z, np.nan)
    info["zwarning"] = found["ZWARN"].fillna(-1).to_numpy(int)
    return info


def _redshifts(path: Path) -> pd.DataFrame | None:
    beside = redrock_of(path)
    if beside is None:
        return None
    with opened(beside) as file:
        table = file.integers("REDSHIFTS", ("TARGETID", "ZWARN"))
        table |= file.numbers("REDSHIFTS", ("Z",))
    found = pd.DataFrame(table).set_index("TARGETID")
    if found.index.has_duplicates:
        twice = found.index[found.index.duplicated()][0]
        problem = f"TARGETID {twice} stands in several rows"
        raise InputError(beside, problem, where="HDU 'REDSHIFTS'")
    return found
