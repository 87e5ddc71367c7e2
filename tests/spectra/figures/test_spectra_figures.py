"""Figures of maps: what they show is what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from skyloom.plots import style
from skyloom.som.model import Som
from skyloom.som.quality import occupancy
from skyloom.spectra.figures import quality, units
from skyloom.spectra.mapping.codecs import Identity
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.grid import RestGrid

LOT = np.random.default_rng(1)
GRID = RestGrid(3600.0, 1e-3, 284)


def made(lattice="rectangular") -> SpectralMap:
    weights = LOT.normal(1, 0.1, (5, 4, 284)).astype(np.float32)
    mean = np.ones(284, np.float32)
    som = Som(weights, "sheet", lattice)
    return SpectralMap("som", Identity(), som, GRID, "median", mean)


def collection(fig, kind, number=-1):
    found = [c for c in fig.axes[0].collections if isinstance(c, kind)]
    return found[number]


@pytest.mark.parametrize("lattice", ["rectangular", "hexagonal"])
def test_each_prototype_is_drawn_in_its_unit(lattice):
    one = made(lattice)
    fig = units.prototypes(one, occupancy(np.array([3, 3, 7]), (5, 4)))
    lines = np.array(collection(fig, LineCollection).get_segments())
    assert lines.shape == (20, units.PIXELS, 2)
    row = 1 if lattice == "rectangular" else np.sqrt(3) / 2
    shift = 0 if lattice == "rectangular" else 0.5
    np.testing.assert_allclose(lines[6, :, 0].mean(), 2 + shift, atol=1e-6)
    assert abs(lines[6, :, 1] - row).max() <= 0.4 + 1e-6
    assert np.ptp(lines[6, :, 1]) == pytest.approx(0.8)
    assert len(style.png(fig)) > 1000


@pytest.mark.parametrize("lattice", ["rectangular", "hexagonal"])
def test_planes_have_a_panel_each(lattice):
    values = {f"v{k}": LOT.normal(size=20) for k in range(4)}
    values["v3"][:] = np.nan
    fig = units.planes(made(lattice).som, values)
    titles = [axes.get_title() for axes in fig.axes]
    assert [t for t in titles if t] == list(values)
    style.png(fig)


def test_histograms_are_of_the_spectra_of_a_unit():
    where = np.repeat([0, 7], 100)
    values = np.concatenate([np.zeros(100), np.ones(100)]) + LOT.normal(0, 0.01, 200)
    values[5] = np.nan
    fig = units.histograms(made().som, where, values, "log age [dex]")
    bars = collection(fig, PolyCollection)
    assert len(bars.get_paths()) == 2
    np.testing.assert_allclose(bars.get_array(), [0, 1], atol=0.01)
    style.png(fig)


def test_statistics_of_units_and_of_galaxies():
    values = np.array([1.0, 3.0, 5.0, np.nan, 9.0])
    where = np.array([0, 0, 2, 2, 0])
    found = units.by_unit(values, where, 4, np.median)
    np.testing.assert_array_equal(found, [3, np.nan, 5, np.nan])
    # One galaxy with many spectra counts as one with few.
    values = np.array([0.0] * 9 + [4.0, 6.0])
    galaxies = np.array(["a"] * 9 + ["b", "c"])
    found = units.by_galaxy(values, np.zeros(11, int), galaxies, 2)
    np.testing.assert_array_equal(found, [4, np.nan])


def test_quality_figures_show_all_maps():
    rows = [
        {"map": m, "what": w, "value": 0.5, "low": 0.4, "high": 0.6}
        for m in ("desom", "som")
        for w in ("a", "b", "c", "d")
    ]
    fig = quality.comparison(pd.DataFrame(rows))
    assert [a.get_title() for a in fig.axes if a.get_title()] == ["a", "b", "c", "d"]
    trend = {"centre": [5.0, 50.0], "value": [0, 1], "low": [-1, 0], "high": [1, 2]}
    fig = quality.bias({"desom": {"bias": {"meansn2": trend}}})
    assert fig.axes[0].get_xlabel() == "S/N a pixel"
    style.png(fig)


def test_indices_are_drawn_with_their_difference():
    value = pd.DataFrame({"Mgb": LOT.normal(3, 1, 50), "Hb": np.full(50, np.nan)})
    fig = quality.line_indices(value, value + 0.25, {"Mgb": "Å", "Hb": "Å"})
    assert fig.axes[0].texts[0].get_text().startswith("+0.250 ± 0.000")
    assert not fig.axes[1].texts
    style.png(fig)
