"""The table of nodes: what training spectra, and labels, each node holds."""

import numpy as np
import pandas as pd
from astropy.table import Table
from skyloom.io.catalogues import write_catalogue
from skyloom.som.model import Som
from skyloom.spectra.labels.tables import node_table

SOM = Som(np.zeros((2, 3, 1), "f4"), "sheet")


def test_a_node_has_the_quantiles_of_its_spectra(tmp_path):
    lot = np.random.default_rng(0)
    bmu, galaxies = lot.integers(0, 5, 400), lot.permutation(400)
    value = lot.normal(size=400) + bmu
    lacking = lot.random(400) < 0.2
    info = pd.DataFrame({"plateifu": galaxies.astype(str), "z_h": value})
    info.loc[lacking, "z_h"] = np.nan
    write_catalogue(tmp_path / "nodes.fits", node_table(SOM, bmu, info, ["z_h"]))
    table = Table.read(tmp_path / "nodes.fits")
    assert table["map_row"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["map_column"].tolist() == [0, 1, 2, 0, 1, 2]
    for k in range(5):
        rows = bmu == k
        assert table["spectra"][k] == table["galaxies"][k] == rows.sum()
        known = value[rows & ~lacking]
        ends = np.quantile(known, [0.16, 0.5, 0.84], method="inverted_cdf")
        found = [table[name][k] for name in ("z_h_lower", "z_h", "z_h_upper")]
        np.testing.assert_allclose(found, ends, rtol=1e-6)
    assert table["spectra"][5] == table["galaxies"][5] == 0
    assert np.isnan(np.ma.filled(table["z_h"][5], np.nan))


def test_a_galaxy_of_many_spectra_counts_as_one():
    bmu = np.zeros(102, int)
    info = pd.DataFrame(
        {"plateifu": ["a"] * 100 + ["b", "c"], "z_h": [0.0] * 100 + [1.0, 2.0]}
    )
    table = node_table(SOM, bmu, info, ["z_h"])
    assert (table["spectra"][0], table["galaxies"][0]) == (102, 3)
    assert [table[name][0] for name in ("z_h_lower", "z_h", "z_h_upper")] == [0, 1, 2]
