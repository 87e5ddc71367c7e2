"""The catalogue."""

import math

import invented_galaxy
import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from astropy.io import fits
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from skyloom.builder.products.catalogue import better, catalogue
from skyloom.builder.products.catalogue_columns import JOINT, columns
from skyloom.io.catalogues import write_catalogue

METADATA = invented_galaxy.METADATA
raised = invented_galaxy.raised
subject = invented_galaxy.subject


def row_of(**changes):
    return catalogue([subject(**changes)])[0]


def test_every_column_is_documented():
    """Names are unique; each column has a description and a UCD of the vocabulary."""
    names = [c.name for c in columns()]
    assert len(set(names)) == len(names)
    for column in columns():
        assert column.description
        assert check_ucd(column.ucd, check_controlled_vocabulary=True), column


def test_row_fills_known_columns_only():
    """No value is computed for a column that does not exist."""
    from skyloom.builder.products.catalogue import catalogue_row

    row = catalogue_row(subject())
    assert set(row) <= {c.name for c in columns()}


def test_good_subject_has_no_empty_number():
    """A full galaxy leaves only the columns of arms 3 and 4 empty."""
    table = catalogue([subject()])
    empty = [
        name for name in table.colnames
        if table[name].dtype.kind == "f" and np.isnan(table[name][0]).any()
    ]  # fmt: skip
    assert all(name.startswith(("arm3", "arm4")) for name in empty)
    assert raised(table[0]) == set()
    assert all(table[name][0] for name in table.colnames if name.startswith("use_"))


def test_defect_1_flux_and_magnitude_include_the_multiplier():
    """Upstream's magnitudes were faint by 2.5 log10(multiplier)."""
    row = row_of()
    assert row["flux_nmgy"] == pytest.approx(500.0 * 2.5)
    assert row["mag"] == pytest.approx(22.5 - 2.5 * math.log10(1250.0))
    assert row["flux_nmgy_err"] == pytest.approx(2.5 * math.sqrt(30.0))
    assert row["mag_err"] == pytest.approx(1.085736 * math.sqrt(30.0) / 500, rel=1e-5)


@pytest.mark.parametrize("part", ["disk", "bulge", "bar"])
def test_defect_2_radius_errors_are_not_axis_ratio_errors(part):
    """Each error is that of its own parameter, scaled to arcsec (upstream: q's)."""
    row = row_of()
    for key, scale in (("Re", 0.396), ("q", 1.0)):
        expected = (invented_galaxy.PARAMETERS.index(f"{part}.{key}") + 1) / 100 * scale
        column = {"Re": f"{part}_Re_arcsec_err", "q": f"{part}_q_err"}[key]
        assert row[column] == pytest.approx(expected)
    assert row[f"{part}_Re_arcsec_err"] != row[f"{part}_q_err"]


def test_defect_5_fractions_are_of_the_grand_total():
    """Fractions sum to one and give the component fluxes back."""
    row = row_of()
    names = ("disk", "bulge", "bar", "spiral")
    assert sum(row[f"{n}_fraction"] for n in names) == pytest.approx(1.0)
    for name in names:
        product = row[f"{name}_fraction"] * row["flux_nmgy"]
        assert product == pytest.approx(row[f"{name}_flux_nmgy"])


def test_flux_covariance_follows_components_not_alphabet():
    """JSON sorts the fluxes by name; the covariance's order is disk, bulge, bar."""
    row = row_of()
    assert row["disk_flux_nmgy_err"] == pytest.approx(4.0 * 2.5)
    assert row["bar_flux_nmgy_err"] == pytest.approx(1.0 * 2.5)


def test_centre_offsets_are_arcsec_with_correlated_errors():
    """Upstream documented arcsec and stored pixels."""
    row = row_of()
    assert row["centre_dx_arcsec"] == pytest.approx(0.4 * 0.396)
    a, b = 0.01, 0.06
    expected = 0.396 * math.sqrt(a**2 + b**2 - a * b)
    assert row["centre_dx_arcsec_err"] == pytest.approx(expected)


def test_position_angle_is_east_of_north():
    """North turned by 30 degrees takes 30 degrees off every position angle."""
    expected = math.degrees(invented_galaxy.DISK.roll) - 30.0
    assert row_of()["disk_pa"] == pytest.approx(expected % 180, abs=0.01)
    assert row_of()["disk_pa_err"] == pytest.approx(math.degrees(0.03))


def test_without_wcs_there_is_no_position_angle():
    """The image angle stays, the scale is the survey's, and a flag says so."""
    row = row_of(wcs=None)
    assert math.isnan(row["disk_pa"])
    assert row["disk_roll"] == pytest.approx(math.degrees(0.5))
    assert row["disk_Re_arcsec"] == pytest.approx(16 * 0.396)
    assert raised(row) == {"no_wcs"}


def test_distance_uses_zdist_with_care():
    """Distances come from ZDIST; nearby ones are flagged, absent ones empty."""
    row = row_of()
    expected = FlatLambdaCDM(70, 0.3).luminosity_distance(0.021).value
    assert row["distance_mpc"] == pytest.approx(expected)
    assert row["disk_Re_kpc"] == pytest.approx(
        row["disk_Re_arcsec"] / 206264.806 * expected / 1.021**2 * 1e3, rel=1e-6
    )
    near = row_of(metadata=METADATA | {"ZDIST": 0.0012, "Z": 1.8e-5})
    assert raised(near) == {"distance_uncertain"}
    none = row_of(metadata={})
    assert math.isnan(none["distance_mpc"])
    assert none["nsa_id"] == -1


def test_both_starts_stand_side_by_side():
    """Each single fit has its chi2, magnitude and disk; the chosen set has its own."""
    flux = {"disk": 100.0, "bulge": 30.0, "bar": 20.0, "spiral": 50.0}
    bi = invented_galaxy.tuned(chisq=1.1, flux=flux)
    row = row_of(tuned={"agg": invented_galaxy.tuned(chisq=1.4), "bi": bi})
    assert (row["start"], row["chisq_agg"], row["chisq_bi"]) == ("bi", 1.4, 1.1)
    assert row["chisq"] == 1.2
    assert row["agg_mag"] == pytest.approx(row["mag"])
    assert row["agg_mag_err"] == pytest.approx(row["mag_err"])
    assert row["bi_mag"] == pytest.approx(22.5 - 2.5 * math.log10(200 * 2.5))
    assert row["bi_disk_Re_arcsec"] == pytest.approx(16 * 0.396)
    assert row["bi_disk_q_err"] == row["disk_q_err"]
    assert better({"agg": invented_galaxy.tuned(), "bi": invented_galaxy.failed()}) == (
        "agg"
    )
    assert better({"agg": invented_galaxy.failed()}) == ""


def test_the_chosen_set_has_its_weight_and_probabilities():
    """The set is that of the model, whatever else was fitted."""
    row = row_of()
    assert (row["components"], row["weight"]) == ("disk+bulge+bar+arms", 0.7)
    found = [row[f"{name}_probability"] for name in ("bulge", "bar", "spiral")]
    assert found == [0.9, 0.8, 0.95]


def test_values_are_those_of_the_mean_not_of_the_best_fit():
    """The weighted numbers and their errors are what the catalogue says."""
    fit = invented_galaxy.chosen()
    mean = fit["mean"]
    for name, value in (("disk.Re", 20.0), ("flux.total", 1000.0)):
        mean["values"][mean["names"].index(name)] = value
    i = mean["names"].index("fraction.bulge")
    mean["values"][i], mean["covariance"][i][i] = 0.25, 0.04
    row = row_of(fit=fit)
    assert row["disk_Re_arcsec"] == pytest.approx(20 * 0.396)
    assert row["mag"] == pytest.approx(22.5 - 2.5 * math.log10(2500))
    assert row["bulge_fraction"] == 0.25
    assert row["bulge_fraction_err"] == pytest.approx(0.2)


def test_surface_brightness_is_that_of_the_profile():
    """At Re the model's own I when it has the model's flux; brighter by b_n inside."""
    from skyloom.builder.fitting.flux import total_flux

    model = invented_galaxy.MODEL
    flux = {name: total_flux(part) for name, part in model.components().items()}
    tree = invented_galaxy.tuned(flux=flux | {"spiral": 50.0})
    row = row_of(fit=invented_galaxy.chosen(tree))
    for name, part in model.components().items():
        light = part.I * 2.5 / 0.396**2
        expected = 22.5 - 2.5 * math.log10(light)
        assert row[f"{name}_mu_e"] == pytest.approx(expected, abs=1e-3)
    slope = 1.0857362 * 1.67834699  # of an exponential, b_1
    assert row["disk_mu_e"] - row["disk_mu_0"] == pytest.approx(slope, rel=1e-4)
    disk = {name: row[f"disk_{name}_err"] for name in ("mag", "Re_arcsec", "q", "mu_e")}
    size = 2 * 1.0857362 * disk["Re_arcsec"] / row["disk_Re_arcsec"]
    ratio = 1.0857362 * disk["q"] / row["disk_q"]
    expected = math.sqrt(disk["mag"] ** 2 + size**2 + ratio**2)
    assert disk["mu_e"] == pytest.approx(expected, rel=1e-4)


def test_fitted_centre_on_the_sky():
    """The disk's centre in degrees, its error in arcsec along the sky's axes."""
    row = row_of()
    assert row["ra_fit"] == pytest.approx(150.0, abs=1e-9)
    assert row["dec_fit"] == pytest.approx(30.0, abs=1e-9)
    c, s = math.cos(math.radians(30)), math.sin(math.radians(30))
    x, y = 0.01 * 0.396, 0.02 * 0.396
    assert row["ra_fit_err"] == pytest.approx(math.hypot(c * x, s * y), rel=1e-4)
    assert row["dec_fit_err"] == pytest.approx(math.hypot(s * x, c * y), rel=1e-4)
    assert math.isnan(row_of(wcs=None)["ra_fit"])


def test_centre_is_off_from_both_places():
    """The survey's position and the image's middle: the nearer one counts."""
    assert row_of()["off_centre_arcsec"] == pytest.approx(0.0, abs=1e-6)
    elsewhere = METADATA | {"DEC": 30.01}
    middle = row_of(metadata=elsewhere)["off_centre_arcsec"]
    assert middle == pytest.approx(math.hypot(0.5, 0.5) * 0.396)
    survey = METADATA | {"RA": 150.0, "DEC": 30.0 + 3 / 3600}
    found = row_of(metadata=survey, middle=(math.nan, math.nan))
    assert found["off_centre_arcsec"] == pytest.approx(3.0, rel=1e-6)


def test_absolute_magnitude():
    """Less the distance modulus and the extinction, if known; the motion is error."""
    row = row_of()
    modulus = 5 * math.log10(row["distance_mpc"] * 1e5)
    assert row["M_r"] == pytest.approx(row["mag"] - modulus - 0.1)
    moved = 5 / math.log(10) * 1e-3 / 0.021
    assert row["M_r_err"] == pytest.approx(math.hypot(row["mag_err"], moved))
    bare = row_of(metadata=METADATA | {"EXTINCTION": None})
    assert math.isnan(bare["A_r"])
    assert bare["M_r"] == pytest.approx(row["M_r"] + 0.1)
    assert math.isnan(row_of(metadata={})["M_r"])


def test_covariance_of_the_main_quantities():
    """Its diagonal is the errors' squares; what is absent is empty."""
    row = row_of()
    errors = [row[f"{name}_err"] for name in JOINT]
    assert np.sqrt(np.diag(row["covariance"])) == pytest.approx(errors, rel=1e-5)
    assert np.linalg.eigvalsh(row["covariance"]).min() > -1e-12
    tree = invented_galaxy.tuned()
    tree["model"] |= {"bar": None}
    tree["flux"].pop("bar")
    tree["flux_covariance"] = np.diag([16.0, 4.0, 9.0]).tolist()
    lacking = row_of(fit=invented_galaxy.chosen(tree))["covariance"]
    gaps = np.isnan(lacking)
    k = JOINT.index("bar_fraction")
    assert gaps[k].all()
    assert gaps[:, k].all()
    assert not np.delete(np.delete(gaps, k, 0), k, 1).any()


def test_covariance_of_angles_turns_with_the_sky():
    """On a mirrored image the position angle falls where the roll grows."""
    fit = invented_galaxy.chosen()
    i, j = (fit["mean"]["names"].index(f"disk.{k}") for k in ("q", "roll"))
    for a, b in ((i, j), (j, i)):
        fit["mean"]["covariance"][a][b] = 1e-4
    mirrored = invented_galaxy.wcs()
    mirrored.wcs.cd = mirrored.wcs.cd @ np.diag([-1, 1])
    plain, turned = (row_of(fit=fit, wcs=w)["covariance"][2, 3]
                     for w in (invented_galaxy.wcs(), mirrored))  # fmt: skip
    assert plain == pytest.approx(math.degrees(1e-4))
    assert turned == pytest.approx(-plain)


def test_missing_error_is_empty_not_zero():
    """Parameters that are fixed have no error."""
    tree = invented_galaxy.tuned()
    held = tree["parameters"].index("bulge.q")
    tree["covariance"][held][held] = 0.0
    tree["parameters"] = [n.replace("bar.c", "disk.n") for n in tree["parameters"]]
    row = row_of(fit=invented_galaxy.chosen(tree))
    assert math.isnan(row["bar_c_err"])
    assert math.isnan(row["bulge_q_err"])
    assert row["bar_c"] == 3.0


def test_failures_have_rows_with_reasons():
    """A subject without a fit is a row with flags and words, never missing."""
    no_crowd = invented_galaxy.aggregate(
        status="failed", reason="no cluster", model=None, arms=[], support={}
    )
    refused = invented_galaxy.failed("a PSF of sum 2")
    lost = {"agg": invented_galaxy.failed(), "bi": invented_galaxy.tuned()}
    dark = {"agg": invented_galaxy.failed("too few pixels")}
    subjects = [
        subject(3, tuned=dark, fit={}),
        subject(1, has_image=False, tuned={}, fit=refused, wcs=None),
        subject(2, aggregate=no_crowd, tuned=lost),
        subject(4, aggregate=None, tuned={}, fit={}),
        subject(5, has_image=False, tuned={}, fit={}),
    ]
    table = catalogue(subjects)
    assert list(table["subject_id"]) == [1, 2, 3, 4, 5]
    expected = ["a PSF of sum 2", "", "agg: too few pixels", "not fitted", "no image"]
    assert list(table["reason"]) == expected
    assert list(table["status"] == "failed") == [True, False, True, True, True]
    assert raised(table[0]) == {"no_image", "fit_failed", "no_wcs"}
    assert raised(table[1]) == {"aggregate_failed", "start_lost"}
    assert raised(table[3]) == {"aggregate_failed", "fit_failed"}
    assert list(table["n_arms"][:2]) == [-1, 2]
    assert table["n_arms_crowd"][1] == -1
    assert list(table["components"] == "") == [True, False, True, True, True]
    assert not any(table[0][name] for name in table.colnames if name[:4] == "use_")


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_round_trip(tmp_path, suffix):
    """Values and units survive the file; same table same bytes."""
    failure = subject(1, has_image=False, tuned={}, fit={}, wcs=None)
    table = catalogue([subject(3), failure])
    path, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_catalogue(path, table)
    write_catalogue(again, table)
    assert path.read_bytes() == again.read_bytes()
    back = Table.read(path)
    assert back.colnames == table.colnames
    for name in table.colnames:
        assert back[name].unit == table[name].unit, name
        if table[name].dtype.kind == "U":
            words = [str(v) if v is not np.ma.masked else "" for v in back[name]]
            assert words == list(table[name])
        else:
            found = np.ma.filled(np.ma.asarray(back[name]).astype(float), np.nan)
            np.testing.assert_array_equal(found, table[name].astype(float))


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_plain_reading_shows_descriptions(tmp_path, suffix):
    """What a column means stands where astropy looks for it."""
    write_catalogue(tmp_path / f"c{suffix}", catalogue([subject()]))
    back = Table.read(tmp_path / f"c{suffix}")
    for column in columns():
        assert back[column.name].description == column.description


def test_fits_headers_carry_ucds(tmp_path):
    """Each FITS column has its UCD and description."""
    write_catalogue(tmp_path / "c.fits", catalogue([subject()]))
    header = fits.getheader(tmp_path / "c.fits", 1)
    for i, column in enumerate(columns(), start=1):
        assert header[f"TTYPE{i}"] == column.name
        assert header[f"TUCD{i}"] == column.ucd
        assert header[f"TCOMM{i}"] == column.description


@pytest.mark.real
def test_position_angles_agree_with_the_nsa(real):
    """Published fits of inclined galaxies lie on the sky as the NSA says they do."""
    from skyloom.builder.config import Noise
    from skyloom.builder.drawings.subjects import read_metadata
    from skyloom.builder.evaluation.published_fit import published_fit
    from skyloom.builder.images import astrometry, cutout
    from skyloom.builder.images.cutout_files import from_upstream_npz
    from skyloom.io.documents import read_json
    from skyloom.sky.geometry import position_angle

    folder, gaps = real / "builder/galaxies", []
    table = read_metadata(folder / "gal-metadata.csv")
    inclined = table[table["SERSIC_BA"] < 0.6].set_index("subject_id")
    for number, row in inclined.iterrows():
        image = folder / f"images/{number}.npz"
        if not image.exists() or len(gaps) == 25:
            continue
        turns = astrometry.quarter_turns(row["montage_angle"], row["original_angle"])
        turned = astrometry.image_turns(turns)
        north = astrometry.north(row["original_angle"], row["PETRO_PHI90"])
        found = from_upstream_npz(image, number, turned, Noise())
        wcs = cutout.place(found, row["RA"], row["DEC"], north).wcs
        tree = read_json(folder / f"models/{number}.json.gz", nonfinite=True)
        if not tree["tuning"].get("success"):
            continue
        disk = published_fit(tree).disk
        angle = position_angle(wcs, disk.mux, disk.muy, disk.roll)
        gaps.append((angle - row["SERSIC_PHI"] + 90) % 180 - 90)
    assert len(gaps) == 25
    assert np.median(np.abs(gaps)) < 5
