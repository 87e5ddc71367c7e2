"""Rates of unusual spectra: flat where they are, and not where they are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from placed_spectra import GRID, population
from scipy.stats import chi2_contingency
from skyloom.io.errors import InputError
from skyloom.run.seeds import rng
from skyloom.spectra.place import outliers
from skyloom.spectra.place.outliers import fibres, flatness, rings
from skyloom.spectra.rest.files import RestSpectra, write_spectra
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.tasks.novelty import judge_novelty


def test_a_plate_ifu_tells_the_fibres():
    names = [
        "8131-6102",
        "9001-12704",
        "8000-1901",
        "spec-1-2",
        "8131-702",
        "x",
        "8-99",
    ]
    assert fibres(names).tolist() == [61, 127, 19, 0, 0, 0, 0]


def test_rings_are_of_the_radius_of_the_ifu():
    x = np.array([0.0, 3, 6, 8, 0, 12, np.nan, 1])
    y = np.array([0.0, 0, 0, 8, -4, 12, 0, 1])
    count = np.array([127, 127, 127, 127, 19, 127, 127, 0])
    assert rings(x, y, count).tolist() == [0, 0, 1, 2, 2, 3, -1, -1]


def lots(galaxies, seed, rate=0.2, spread=0.0, each=30):
    """Return unusual or not, for galaxies of unequal rates, and whose they are."""
    lot = np.random.default_rng(seed)
    rates = np.clip(rate + spread * lot.normal(size=galaxies), 0, 1)
    odd = lot.random((galaxies, each)) < rates[:, None]
    return odd.ravel(), np.repeat(np.arange(galaxies), each).astype(str), lot


def test_chi_squared_is_that_of_a_contingency_table():
    odd, galaxy, lot = lots(20, 0)
    group = lot.integers(0, 4, len(odd))
    found = flatness(odd, group, galaxy, rng(0))
    table = [[(odd[group == g] == o).sum() for g in range(4)] for o in (True, False)]
    expected = chi2_contingency(table)
    assert found["chi2"] == pytest.approx(expected.statistic)
    assert found["p_independent"] == pytest.approx(expected.pvalue)
    assert found["dof"] == 3
    assert found["groups"]["2"]["rate"] == pytest.approx(odd[group == 2].mean())


def test_p_values_are_even_for_galaxies_that_differ(monkeypatch):
    """Though one of independent spectra would find groups of galaxies different."""
    monkeypatch.setattr(outliers, "PERMUTATIONS", 199)
    p, naive = [], []
    for seed in range(60):
        odd, galaxy, _ = lots(24, seed, 0.3, 0.25)
        group = galaxy.astype(int) % 3
        found = flatness(odd, group, galaxy, rng(seed))
        p.append(found["p"])
        naive.append(found["p_independent"])
    assert np.mean(np.array(p) < 0.25) == pytest.approx(0.25, abs=0.15)
    assert np.mean(np.array(naive) < 0.05) > 0.3


@pytest.mark.parametrize("whole", [True, False])
def test_another_rate_is_found_among_galaxies_and_within(whole):
    odd, galaxy, lot = lots(40, 1, 0.1)
    group = galaxy.astype(int) % 4 if whole else np.tile(np.arange(30) % 4, 40)
    assert flatness(odd, group, galaxy, rng(0))["p"] > 0.01
    more = odd | ((group == 2) & (lot.random(len(odd)) < 0.3))
    assert flatness(more, group, galaxy, rng(0))["p"] == 0.001


def test_one_group_or_one_outcome_tells_nothing():
    odd, galaxy, _ = lots(5, 2)
    group = np.zeros(len(odd), int)
    for some, groups in (
        (odd, group),
        (odd & False, galaxy.astype(int)),
        (odd, group - 1),
    ):
        assert np.isnan(flatness(some, groups, galaxy, rng(0))["p"])


@pytest.fixture
def test_set(tmp_path):
    """Return files of scaled test spectra, three of them with a line of their own."""
    new = population(300, np.random.default_rng(12))
    flux = new.flux.copy()
    flux[:3] += 5 * np.exp(-0.5 * ((GRID.wave - 5007) / 15) ** 2).astype("f4")
    flux, ivar, _ = scale(flux, new.ivar, GRID, "median")
    lot = np.random.default_rng(1)
    x, y = lot.uniform(-6, 6, (2, 300))
    info = new.info.assign(x=x, y=y, redshift=lot.uniform(0.01, 0.1, 300))
    files = tmp_path / "X_test.npy", tmp_path / "Y_test.fits"
    write_spectra(
        files[0], RestSpectra(flux, ivar, info, GRID, "median"), info=files[1]
    )
    return files


def test_unseen_galaxies_are_as_usual_as_training_ones(small_model, test_set):
    report, table = judge_novelty(small_model, *test_set, 1)
    assert report["spectra"] == 300
    assert 0.01 < report["share"]["value"] < 0.15
    assert set(report["flatness"]) == {"fibres", "ring", "quarter_of_redshift"}
    assert report["flatness"]["quarter_of_redshift"]["p"] > 0.01
    assert set(pd.Series(table["plateifu"][:3])) == {"8000-1901"}
    assert (np.diff(table["excess"]) <= 0).all()
    again, _ = judge_novelty(small_model, *test_set, 1)
    assert str(again) == str(report)


def test_spectra_of_another_scaling_are_refused(small_model, test_set, tmp_path):
    new = population(20, np.random.default_rng(0))
    flux, info = tmp_path / "X.npy", tmp_path / "Y.fits"
    write_spectra(flux, new, info=info)
    with pytest.raises(InputError, match="scaled 'none'"):
        judge_novelty(small_model, flux, info, 1)
