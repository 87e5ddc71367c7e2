"""True values of simulated regions."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from simulated_stars import library, single, stars
from skyloom.spectra.simulation import labels as module
from skyloom.spectra.simulation.history import star_formation
from skyloom.spectra.simulation.labels import FLOOR, labels


def test_one_population_has_the_values_of_its_node():
    ages, metals = np.array([0, 7, 15, 24]), np.array([2, 11, 8, 0])
    part = stars(single(ages, metals, 1e-10), 1e8, 35.0, 140.0, 0.17)
    true = labels(library(), [part])
    assert np.allclose(true["log_age"], library().log_age[ages])
    assert np.allclose(true["z_h"], library().z_h[metals])
    assert np.allclose(true["logMs"], 8 + np.log10(library().survives[ages]))
    assert np.allclose(true["logSFR"], -2)
    assert np.allclose(true["log_ssfr"], true["logSFR"] - true["logMs"])
    for name, value in (("ebv_stars", 0.17), ("v_star", 35), ("sigma_star", 140)):
        assert np.allclose(true[name], value)


def test_a_mixture_lies_between_and_is_younger_by_light_than_by_mass():
    old, young = single(23, 8), single(8, 8)
    parts = [stars(old, 9e9), stars(young, 1e9)]
    true = labels(library(), parts).iloc[0]
    by_mass = 0.9 * library().log_age[23] + 0.1 * library().log_age[8]
    assert library().log_age[8] < true["log_age"] < by_mass
    alone = [labels(library(), [part]).iloc[0] for part in parts]
    assert alone[1]["ML_r"] < true["ML_r"] < alone[0]["ML_r"]
    assert 10 ** true["logMs"] == pytest.approx(sum(10 ** x["logMs"] for x in alone))
    assert alone[1]["dn4000"] < true["dn4000"] < alone[0]["dn4000"]


def test_labels_stay_within_the_grid():
    rng = np.random.default_rng(2)
    n = 100
    history = star_formation(
        library(), rng.uniform(1, 13.5, n), rng.uniform(0.2, 10, n), z_young=0.3
    )
    true = labels(library(), [stars(history)])
    assert true["log_age"].between(*library().log_age[[0, -1]]).all()
    assert true["z_h"].between(*library().z_h[[0, -1]]).all()
    assert true["ML_r"].between(0.05, 8).all()
    assert not true.isna().any(axis=None)


def test_stars_that_no_longer_form_have_the_floor():
    history = star_formation(library(), 12.0, 1.0, quenched=5.0)
    true = labels(library(), [stars(history, 1e9)]).iloc[0]
    assert true["log_ssfr"] == FLOOR
    assert true["logSFR"] == pytest.approx(FLOOR + true["logMs"])


def test_two_motions_widen_the_dispersion():
    half = single(20, 6)
    parts = [stars(half, 1e9, v, 100.0) for v in (-150.0, 150.0)]
    true = labels(library(), parts).iloc[0]
    assert true["v_star"] == pytest.approx(0, abs=1e-9)
    assert true["sigma_star"] == pytest.approx(np.hypot(100, 150))


def test_a_component_without_mass_changes_nothing():
    part, none = stars(single(20, 6), 1e9), stars(single(3, 2), 0.0, 300.0)
    a, b = (labels(library(), parts) for parts in ([part], [part, none]))
    assert np.allclose(a, b)


def test_no_stars_no_values():
    true = labels(library(), [stars(single(20, 6), 0.0)])
    assert true.isna().all(axis=None)


def test_the_red_band_is_that_of_sdss():
    """The table of Gunn et al. 2001 that sdss-mangadap has, in full."""
    folder = Path(find_spec("mangadap").submodule_search_locations[0])
    table = np.loadtxt(folder / "data/filter_response/gunn_2001_r_response.db")
    start, step = module._R_BAND
    nodes = start + step * np.arange(len(module._R_RESPONSE))
    ours = np.interp(table[:, 0], nodes, module._R_RESPONSE)
    mean = [(table[:, 0] * w).sum() / w.sum() for w in (ours, table[:, 1])]
    assert mean[0] == pytest.approx(mean[1], abs=5)
    assert ours.sum() == pytest.approx(table[:, 1].sum(), rel=0.02)
