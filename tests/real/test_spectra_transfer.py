"""Labels learned from simulated spectra alone, told for real ones: what transfers.

Nothing is fitted to the real spectra. Published ages and metallicities are equivalents
of one population, or of continua that were divided out, and ours are weighted by light:
their zero points differ, so that ranks are asked for and biases only said (`-rP`).
"""

import numpy as np
import pandas as pd
import pytest
from placed_spectra import simulated, trained
from real_spectra import fors2, manga_tests, sami, stacks
from scipy.stats import spearmanr
from skyloom.spectra.labels.amplitudes import amplitudes
from skyloom.spectra.labels.baselines import METHODS, Known, baseline
from skyloom.spectra.labels.fit import folds
from skyloom.spectra.labels.model import estimate
from skyloom.spectra.labels.nodes import quantiles, weights
from skyloom.spectra.readers.observed import at_rest
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale
from skyloom.stats.scatter import nmad

pytestmark = pytest.mark.real
GRID = RestGrid(3650.0, 4e-4, 1104)
NAMES = ("log_age", "log_ssfr", "dn4000")
SETS = {"sami": sami, "fors2": fors2, "stacks": stacks, "manga": manga_tests}


@pytest.fixture(scope="module")
def learned():
    """Return simulated spectra, and the labels of their map."""
    spectra = simulated(1000, GRID)
    return spectra, trained(spectra, NAMES, (8, 8), width=16)


@pytest.fixture(scope="module")
def told(real, learned):
    """Return what is told of each set, and what is published, a row a spectrum."""
    spectra, model = learned
    flux, ivar, _ = scale(spectra.flux, spectra.ivar, GRID, "median")
    known = amplitudes(model.labels.basis, flux, ivar)
    galaxies = spectra.info["plateifu"].to_numpy(str)
    found = {}
    for name, read in SETS.items():
        observed, published = read(real)
        rest = at_rest(observed, GRID)
        flux, ivar, usable = scale(rest.flux, rest.ivar, GRID, "median")
        ivar[~usable] = 0
        ours = estimate(model.labels, model.map, flux, ivar)
        new = amplitudes(model.labels.basis, flux, ivar)
        table = published.add_prefix("true_")
        table["galaxy"] = observed.info["plateifu"]
        table["sn"] = [
            np.median(np.sqrt(i[i > 0]) * f[i > 0]) if u else 0.0
            for f, i, u in zip(flux, ivar, usable, strict=True)
        ]
        table["true_dn4000"] = break_of(rest.flux, rest.ivar)
        for j, label in enumerate(NAMES):
            table[label] = ours.median[:, j]
            table[f"{label}_width"] = ours.upper[:, j] - ours.lower[:, j]
            values = spectra.info[label].to_numpy()
            data = Known(known, values, galaxies, folds(galaxies, 0.15, 1))
            for method, make in METHODS.items():
                ends = baseline(make, data, model.labels.basis, new)
                table[f"{label}_{method}"] = np.where(usable, ends[1], np.nan)
        found[name] = table
    return found


def break_of(flux, ivar):
    """Return Dn4000 (Balogh+ 1999) as measured; NaN where a side has gaps."""
    sides = []
    for low, high in ((3850, 3950), (4000, 4100)):
        inside = (GRID.wave >= low) & (GRID.wave <= high)
        whole = (ivar[:, inside] > 0).mean(axis=1) > 0.9
        per_hz = flux[:, inside] * GRID.wave[inside] ** 2
        level = np.average(per_hz, axis=1, weights=GRID.wave[inside])
        sides.append(np.where(whole & (level > 0), level, np.nan))
    return sides[1] / sides[0]


def compared(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return bias, scatter and rank of a label by method; galaxies count as one.

    Where several galaxies have the label, the bias is that of the other galaxies' mean,
    and the scatter what is left once it is taken away.
    """
    rows = table[
        (table["sn"] > 5) & table[[label, f"true_{label}"]].notna().all(axis=1)
    ]
    weight, found = weights(rows["galaxy"].to_numpy(str)), {}
    for method in ("", *(f"_{m}" for m in METHODS)):
        error = rows[label + method] - rows[f"true_{label}"]
        mean = error.groupby(rows["galaxy"]).mean()
        others = (mean.sum() - mean) / max(len(mean) - 1, 1)
        found[method.lstrip("_") or "map"] = {
            "n": len(rows),
            "galaxies": len(mean),
            "bias": quantiles(error.to_numpy(), weight, [0.5])[0],
            "nmad": nmad(error),
            "left": nmad(error - rows["galaxy"].map(others)),
            "rank": spearmanr(rows[label + method], rows[f"true_{label}"])[0],
        }
    table = pd.DataFrame(found).T
    print(label, table.round(3), sep="\n")
    return table


@pytest.mark.parametrize(("name", "rank"), [("sami", 0.8), ("fors2", 0.7)])
def test_the_break_at_4000_transfers(told, name, rank):
    """It is told by the map as the spectra themselves have it, without bias."""
    found = compared(told[name], "dn4000")
    assert found.loc["map", "rank"] > rank
    assert abs(found.loc["map", "bias"]) < 0.08
    assert found.loc["map", "nmad"] < 0.13
    assert found.loc["map", "nmad"] < 1.3 * found["nmad"].min()


def test_manga_transfers(told):
    found = compared(told["manga"], "dn4000")
    assert found.loc["map", "rank"] > 0.85
    assert found.loc["map", "nmad"] < 0.1


def test_classes_of_emission_lines_are_in_order(told):
    """Star formation a mass falls from H II regions to composite and active ones."""
    table = told["sami"][told["sami"]["sn"] > 5]
    middle = table.groupby("true_bpt")[["log_ssfr", "log_age"]].median()
    print(middle.round(2))
    rate, age = middle["log_ssfr"], middle["log_age"]
    assert rate["sf"] > rate["composite"] > rate["agn"]
    assert age["sf"] < age["composite"] < age["agn"]


def test_lines_of_fors2_rank_as_star_formation_and_youth(told):
    table = told["fors2"]
    table = table[table["true_oii_ew"].notna() & table["log_age"].notna()]
    assert spearmanr(table["true_oii_ew"], table["log_ssfr"])[0] > 0.6
    assert spearmanr(table["true_oii_ew"], table["log_age"])[0] < -0.6


def test_spectra_without_continuum_are_told_with_wide_intervals(told, learned):
    """Stacks are divided by their continua: nothing that was simulated is like them.

    Their ages do not transfer: they are off by a dex.
    """
    compared(told["stacks"], "log_age")
    _, model = learned
    usual = np.ptp(model.labels.labels["log_age"].limits)
    table = told["stacks"]
    assert (table["log_age_width"] > 0.25 * usual).all()
    assert table["log_age_width"].median() > 2 * told["sami"]["log_age_width"].median()


def test_ages_of_sami_do_not_transfer_as_they_are_published(told):
    """Told without a gate: three galaxies, of other definitions of age."""
    found = compared(told["sami"], "log_age")
    assert found.loc["map", "galaxies"] >= 3
    assert np.isfinite(found["bias"]).all()


def test_noise_and_masks_are_told(told):
    table = told["manga"]
    assert table[list(NAMES)].isna().all(axis=1).tolist() == [k == 5 for k in range(11)]
    for name in ("log_age", "dn4000"):
        width = table[f"{name}_width"]
        print(name, width.round(2).tolist())
        assert width[6] > 1.8 * width[[0, 1, 2, 3, 4, 7]].median()
