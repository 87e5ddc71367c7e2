"""Invented spectra with known quantities, for tests of maps; quick to make."""

from __future__ import annotations

import numpy as np
import pandas as pd
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale

GRID = RestGrid(3600.0, 8e-4, 560)  # to 10090 Å
OBSERVED = (3622.0, 10354.0)  # Å: MaNGA's window


def spectra(n: int, seed: int, sn: float = 30.0, grid: RestGrid = GRID) -> RestSpectra:
    """Return scaled spectra that two numbers shape: an age and an emission line.

    `log_age` sets the slope, the break at 4000 Å and Hδ; `line` the height of Hα.
    Pixels outside of the observed window are masked, by redshift.
    """
    rng = np.random.default_rng(seed)
    age, line = rng.uniform(-1, 1, n), rng.uniform(0, 1, n)
    wave, z = grid.wave, rng.uniform(0.01, 0.15, n)
    flux = (wave / 5500) ** (0.8 * age[:, None] - 0.5)
    flux *= 1 - (0.25 + 0.2 * age[:, None]) / (1 + np.exp((wave - 4000) / 20))
    flux *= 1 - (0.25 - 0.2 * age[:, None]) * np.exp(-0.5 * ((wave - 4103) / 12) ** 2)
    flux *= 1 - (0.15 + 0.1 * age[:, None]) * np.exp(-0.5 * ((wave - 5178) / 15) ** 2)
    flux += 2 * line[:, None] * np.exp(-0.5 * ((wave - 6564.6) / 8) ** 2)
    noise = rng.lognormal(-np.log(sn), 0.4, (n, 1))
    seen = wave * (1 + z[:, None])
    good = (seen > OBSERVED[0]) & (seen < OBSERVED[1])
    good &= rng.random(flux.shape) > 0.005
    flux = flux + noise * rng.normal(size=flux.shape)
    ivar = np.where(good, 1 / noise**2, 0.0)
    flux, ivar, _ = scale(np.where(good, flux, 0), ivar, grid, "median")
    info = pd.DataFrame({"plateifu": [f"{8000 + k // 8}-{1901}" for k in range(n)]})
    info = info.assign(log_age=age, line=line, redshift=z, meansn2=1 / noise[:, 0])
    info = info.assign(bpt=np.where(line > 0.5, "SF", "none"))
    return RestSpectra(flux, ivar, info, grid, "median")
