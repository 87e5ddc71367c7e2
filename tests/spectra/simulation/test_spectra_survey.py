"""The spectra of simulated galaxies."""

from dataclasses import replace

import numpy as np
import pytest
from skyloom.spectra.simulation.footprint import SPAXEL, Footprint
from skyloom.spectra.simulation.galaxies import Galaxy, draw
from skyloom.spectra.simulation.labels import labels
from skyloom.spectra.simulation.plan import UNITS, fibres_of, planned
from skyloom.spectra.simulation.structure import averaging, build
from skyloom.spectra.simulation.survey import binned, bins_of, simulate, truth

COLUMNS = (
    *("fname", "plateifu", "mangaID", "redshift", "v_star", "x", "y", "r_re_light"),
    *("area", "light", "logMs_dens", "logSFR_dens", "log_age", "z_h", "ebv_stars"),
    *("log_ssfr", "ML_r", "sigma_star", "dn4000", "ew_ha", "bpt", "meansn2"),
    *("ngoodpixels", "chi2"),
)


@pytest.mark.parametrize("units", [(19, 37, 61, 91, 127), (19,), (37, 127)])
def test_a_galaxy_has_the_spectra_asked_for_on_average(units):
    names = planned({"galaxies": 17 * 12, "fibres": units}, 1)
    bins = [bins_of(fibres_of(name), 220, units) for name in names]
    plates = len(names) / sum(UNITS[size] for size in units)
    tolerance = 0.01 if plates == int(plates) else 0.06
    assert np.mean(bins) == pytest.approx(220, rel=tolerance)


def test_no_galaxy_has_more_spectra_than_spaxels():
    assert bins_of(19, 5000, (19,)) == Footprint(19).inside.sum()
    assert bins_of(19, 4, (19, 127)) == 4


def test_the_table_has_the_columns_and_a_row_a_spectrum(spectra, settings):
    table = spectra.table
    assert tuple(table) == COLUMNS
    assert len(table) == bins_of(61, settings.spectra, settings.fibres)
    assert spectra.flux.shape == spectra.ivar.shape == (len(table), 4563)
    assert spectra.flux.dtype == spectra.ivar.dtype == np.float32
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()


def test_the_table_says_nothing_of_the_truth(spectra, galaxy):
    """Class, history and gradient of a galaxy are in the table of truth alone."""
    hidden = set(truth(galaxy)) - {"plateifu", "mangaID", "redshift"}
    assert not hidden & set(spectra.table)
    words = {galaxy.galaxy_class, galaxy.gradient, galaxy.history}
    assert not words & set(spectra.table["fname"])
    assert set(spectra.table["bpt"]) <= {"SF", "composite", "Seyfert", "LINER"}


def test_sn_runs_from_the_outermost_to_the_brightest(spectra, settings):
    sn, light = spectra.table["meansn2"], spectra.table["light"] / spectra.table["area"]
    low, high = settings.sn
    assert sn.min() == pytest.approx(low, rel=0.06)
    assert high / 2.6 < sn.max() < 1.06 * high
    assert np.corrcoef(np.log(sn), np.log(light))[0, 1] > 0.8


def test_places_are_those_of_the_unit(spectra, galaxy):
    table, footprint = spectra.table, Footprint(galaxy.fibres)
    assert table["area"].sum() == footprint.inside.sum() * SPAXEL**2
    assert np.hypot(table["x"], table["y"]).max() < 11.25
    assert np.average(table["x"], weights=table["light"]) == pytest.approx(0, abs=0.1)
    middle = table.loc[np.hypot(table["x"], table["y"]).idxmin()]
    assert middle["r_re_light"] < 0.4


def test_good_pixels_are_counted(spectra):
    good = (spectra.ivar > 0).sum(axis=1)
    np.testing.assert_array_equal(spectra.table["ngoodpixels"], good)
    assert (good > 3900).all()
    assert ((spectra.ivar == 0) == (spectra.flux == 0)).all()


def test_one_seed_gives_one_survey(galaxy, settings, library, noise, spectra):
    again = simulate(galaxy, settings, library, noise, 1)
    assert again.flux.tobytes() == spectra.flux.tobytes()
    assert again.ivar.tobytes() == spectra.ivar.tobytes()
    assert again.table.equals(spectra.table)
    other = simulate(galaxy, settings, library, noise, 2)
    assert other.flux.tobytes() != spectra.flux.tobytes()


@pytest.mark.parametrize(("gradient", "sign"), [(0.4, 1), (-0.4, -1)])
def test_inside_out_galaxies_are_older_and_richer_in_the_middle(
    galaxy, library, settings, gradient, sign
):
    """Light-weighted, of a disc that forms stars all along."""
    disc = replace(
        *(galaxy,),
        **{"bulge": 0.0, "quenched": 0.0, "burst": 0.0, "log_tau": 0.6},
        **{"age_gradient": gradient, "metal_gradient": -0.4 * gradient},
        episodes=np.ones(12),
    )
    footprint = Footprint(disc.fibres)
    structure = build(disc, footprint, library)
    spaxels = binned(structure, footprint, 40)
    known = labels(library, structure.regions(spaxels)[0])
    radius = [structure.r_re[spaxels == k].mean() for k in range(40)]
    for name in ("log_age", "z_h"):
        assert sign * np.corrcoef(radius, known[name])[0, 1] < -0.85


def test_bins_are_numbered_from_the_brightest(galaxy, library):
    footprint = Footprint(galaxy.fibres)
    structure = build(galaxy, footprint, library)
    spaxels = binned(structure, footprint, 30)
    assert ((spaxels >= 0) == footprint.inside).all()
    mean = [structure.mass[spaxels == k].mean() for k in range(30)]
    assert (np.diff(mean) <= 0).all()


def test_neighbours_are_more_alike_than_others(galaxy, library):
    """What makes a split by row leak."""
    footprint = Footprint(galaxy.fibres)
    structure = build(galaxy, footprint, library)
    spaxels = binned(structure, footprint, 120)
    age = labels(library, structure.regions(spaxels)[0])["log_age"].to_numpy()
    places = averaging(spaxels)(footprint.sky).T
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    nearest = np.abs(age - age[apart.argmin(axis=1)])
    others = np.abs(age[:, None] - age[None])
    assert nearest.mean() < 0.4 * others.mean()


def test_a_survey_spans_what_galaxies_are(library):
    """Ages, metallicities and star formation of bins of many galaxies."""
    found = []
    for name, manga in planned({"galaxies": 40, "fibres": (19, 37)}, 4).items():
        one: Galaxy = draw(name, manga, (0.01, 0.15), 4)
        footprint = Footprint(one.fibres)
        structure = build(one, footprint, library)
        parts, _ = structure.regions(binned(structure, footprint, 6))
        found.append(labels(library, parts))
    every = {name: np.concatenate([f[name] for f in found]) for name in found[0]}
    assert np.quantile(every["log_age"], 0.05) < -0.3
    assert np.quantile(every["log_age"], 0.95) > 0.75
    assert np.quantile(every["z_h"], 0.05) < -0.35
    assert np.quantile(every["z_h"], 0.95) > -0.05
    assert np.ptp(np.quantile(every["log_ssfr"], [0.1, 0.9])) > 1.5
    assert np.quantile(every["ebv_stars"], 0.95) > 0.2
