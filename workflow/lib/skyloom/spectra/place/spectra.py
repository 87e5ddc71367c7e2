"""Spectra at rest placed on a map: unit, distance, novelty, and labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.spectra.labels.model import LabelModel, estimate
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.novelty import Novelty, noise_of, residual
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.scale import scale

LEAST_GOOD = 0.2  # share of the map's pixels: less does not say where a spectrum lies
NO_REDSHIFT = "no redshift"


@dataclass(frozen=True, eq=False)
class Model:
    """A map with the labels that were read off it, and distances of its training."""

    map: SpectralMap
    labels: LabelModel
    novelty: Novelty


def place_spectra(model: Model, spectra: RestSpectra) -> pd.DataFrame:
    """Return where spectra lie on a map, one row a spectrum.

    Parameters
    ----------
    model : Model
        Map, labels and novelty.
    spectra : RestSpectra
        On the map's grid, in physical units.

    Returns
    -------
    DataFrame
        ``reason`` why a spectrum is rejected, else empty; ``good``, share of the map's
        pixels that are good; ``sn``, median S/N a pixel; ``bmu``, ``map_row`` and
        ``map_column`` of the unit (-1 of a rejected spectrum); ``distance`` in latent
        space, its percentile ``novelty`` [%]; ``residual`` of the reconstruction, and
        ``excess`` (see `Novelty`); ``chi2`` a pixel; of each label the median under its
        own name, and the 68 % interval under ``<label>_lower`` and ``<label>_upper``;
        NaN of rejected spectra.

    Raises
    ------
    ValueError
        Spectra on another grid, or scaled already.
    """
    if spectra.grid != model.map.grid or spectra.scaled != "none":
        msg = f"spectra on {spectra.grid}, scaled: {spectra.scaled}"
        raise ValueError(msg)
    flux, ivar, scalable = scale(
        spectra.flux, spectra.ivar, spectra.grid, model.map.scaled
    )
    found = pd.DataFrame(_quality(spectra, scalable, model.map.scaled))
    ok = (found["reason"] == "").to_numpy()
    values = _placed(model, flux[ok], ivar[ok])
    for name, some in values.items():
        whole = np.full(len(found), -1 if some.dtype.kind == "i" else np.nan)
        found[name] = whole.astype(some.dtype)
        found.loc[ok, name] = some
    return found


def _quality(spectra: RestSpectra, scalable: np.ndarray, method: str) -> dict:
    good = np.asarray(spectra.ivar) > 0
    share = good.mean(axis=1)
    sn = np.full(len(spectra), np.nan)
    for row in np.flatnonzero(good.any(axis=1)):
        flux, ivar = (a[row][good[row]] for a in (spectra.flux, spectra.ivar))
        sn[row] = np.median(flux * np.sqrt(ivar))
    reason = np.full(len(spectra), "", object)
    reason[~scalable] = f"its flux cannot be scaled ({method})"
    low = share < LEAST_GOOD
    reason[low] = f"less than {100 * LEAST_GOOD:g} % of the map's pixels are good"
    reason[share == 0] = "no good pixel"
    return {"reason": reason.astype(str), "good": share, "sn": sn}


def _placed(model: Model, flux: np.ndarray, ivar: np.ndarray) -> dict[str, np.ndarray]:
    found = estimate(model.labels, model.map, flux, ivar)
    noise, made = noise_of(ivar), model.map.reconstruct(found.latent)
    columns = model.map.som.shape[1]
    values = {
        "bmu": found.bmu,
        "map_row": found.bmu // columns,
        "map_column": found.bmu % columns,
        "distance": np.asarray(found.distance, float),
        "residual": residual(flux, ivar, made),
        "chi2": _chi2(flux, ivar, made),
    }
    lengths = values["distance"], values["residual"]
    values["novelty"] = model.novelty.percentile(lengths[0], noise)
    values["excess"] = model.novelty.excess(*lengths, noise)
    for i, name in enumerate(found.names):
        values[name] = found.median[:, i]
        values[f"{name}_lower"] = found.lower[:, i]
        values[f"{name}_upper"] = found.upper[:, i]
    return values


def _chi2(flux, ivar, expected) -> np.ndarray:
    """Return χ² a good pixel."""
    total = (ivar * (flux - expected) ** 2).sum(axis=1, dtype=np.float64)
    return total / np.maximum((ivar > 0).sum(axis=1), 1)
