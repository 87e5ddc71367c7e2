"""The catalogue."""

import math

import invented_galaxy
import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from astropy.io import fits
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from skyloom.builder.products.catalogue import Subject, catalogue, choose, mean_pitch
from skyloom.builder.products.catalogue_columns import FLAGS, columns
from skyloom.io.tables import write_catalogue

METADATA = {
    "RA": 150.0, "DEC": 30.0, "Z": 0.02, "ZDIST": 0.021,
    "NSAID": 485056, "IAUNAME": "b'J100000.00+300000.0'",
}  # fmt: skip


def subject(number=7, **changes):
    values = {
        "metadata": METADATA,
        "aggregate": invented_galaxy.aggregate(),
        "tuned": {
            "agg": invented_galaxy.tuned(),
            "bi": invented_galaxy.tuned(chisq=1.3),
        },
        "wcs": invented_galaxy.wcs(),
    } | changes
    return Subject(number, **values)


def row_of(**changes):
    return catalogue([subject(**changes)])[0]


def raised(row):
    return {name for i, name in enumerate(FLAGS) if row["flags"] >> i & 1}


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
        if table[name].dtype.kind == "f" and np.isnan(table[name][0])
    ]  # fmt: skip
    assert all(name.startswith(("arm3", "arm4")) for name in empty)
    assert raised(table[0]) == set()


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


def test_the_better_start_is_chosen():
    """The lower chi2 wins, the other stays in its column, a failed one loses."""
    fits_ = {
        "agg": invented_galaxy.tuned(chisq=1.4),
        "bi": invented_galaxy.tuned(chisq=1.1),
    }
    row = row_of(tuned=fits_)
    assert (row["start"], row["chisq"], row["chisq_agg"]) == ("bi", 1.1, 1.4)
    assert (
        choose({"agg": invented_galaxy.tuned(), "bi": invented_galaxy.failed()})
        == "agg"
    )
    assert (
        choose({"agg": invented_galaxy.failed(), "bi": invented_galaxy.failed()})
        is None
    )


def test_failures_have_rows_with_reasons():
    """A subject without a fit is a row with flags and words, never missing."""
    no_crowd = invented_galaxy.aggregate(
        status="failed", reason="no cluster", model=None, arms=[], support={}
    )
    from_volunteer = {"agg": invented_galaxy.failed(), "bi": invented_galaxy.tuned()}
    subjects = [
        subject(3, tuned={"agg": invented_galaxy.failed("too few pixels")}),
        subject(1, has_image=False, tuned={"agg": invented_galaxy.failed()}, wcs=None),
        subject(2, aggregate=no_crowd, tuned=from_volunteer),
        subject(4, aggregate=None, tuned={}),
    ]
    table = catalogue(subjects)
    assert list(table["subject_id"]) == [1, 2, 3, 4]
    assert table["reason"][0] == "no image"
    assert table["reason"][1] == ""
    assert table["reason"][2] == "agg: too few pixels"
    assert table["reason"][3] == "not fitted"
    assert raised(table[0]) == {"no_image", "fit_failed", "no_wcs"}
    assert raised(table[1]) == {"aggregate_failed", "start_lost"}
    assert raised(table[3]) == {"aggregate_failed", "fit_failed"}
    assert table["n_arms"][1] == -1


def test_bounds_are_named():
    """Each parameter at a bound stands by its name and side."""
    reached = ["bulge.q:lower", "spiral.1.spread:upper", "bar.n:lower"]
    row = row_of(tuned={"agg": invented_galaxy.tuned(bounds_reached=reached)})
    assert row["bounds_reached"] == " ".join(reached)
    assert raised(row) == {"at_bound"}


@pytest.mark.parametrize(("zdist", "unsure"), [(0.0099, True), (0.0101, False)])
def test_a_distance_is_uncertain_below_ten_peculiar_motions(zdist, unsure):
    """300 km/s are a tenth of redshift 0.01."""
    row = row_of(metadata=METADATA | {"ZDIST": zdist})
    assert ("distance_uncertain" in raised(row)) == unsure


@pytest.mark.parametrize(("chisq", "poor"), [(2.99, False), (3.01, True)])
def test_a_fit_is_poor_above_three(chisq, poor):
    """By the chosen fit's reduced chi2."""
    fits = {"agg": invented_galaxy.tuned(chisq=chisq)}
    fits["bi"] = invented_galaxy.tuned(chisq=9.0)
    assert ("poor_fit" in raised(row_of(tuned=fits))) == poor


def test_an_unknown_rotation_has_a_flag():
    """The drawings may be a quarter turn off."""
    assert "rotation_unknown" in raised(row_of(rotation_known=False))
    assert "rotation_unknown" not in raised(row_of())


def test_other_flags():
    """Unconverged, poor and estimated-noise fits say so."""
    tree = invented_galaxy.tuned(
        status="max_evaluations", chisq=9.0, sigma_source="sky_and_gain"
    )
    row = row_of(tuned={"agg": tree})
    assert raised(row) == {"not_converged", "poor_fit", "sigma_estimated"}


@pytest.mark.parametrize("lost", ["agg", "bi"])
def test_a_lost_start_is_flagged(lost):
    """Where one of the two starts gave no fit the other stands, and the row says so."""
    fits = subject().tuned | {lost: {"status": "failed", "reason": "no", "model": None}}
    row = row_of(tuned=fits)
    assert row["start"] == ({"agg", "bi"} - {lost}).pop()
    assert raised(row) == {"start_lost"}


def test_arms_longest_first_and_weighted():
    """Arms are sorted by length, which also weighs the mean."""
    row = row_of()
    assert row["n_arms"] == 2
    assert row["arm1_pitch_angle"] == 18.0
    assert row["arm2_length_arcsec"] == pytest.approx(10 * 0.396)
    assert row["pitch_angle"] == pytest.approx(0.75 * 18 + 0.25 * 22)
    assert row["pitch_angle_err"] == pytest.approx(math.hypot(0.75, 0.5))
    assert row["chirality"] == 1


def test_many_arms_are_counted_and_flagged():
    """Arms beyond the fourth have no columns but are in the mean."""
    arms = [invented_galaxy.arm(i, 20.0, 1.0, 10.0 + i, (-1) ** i) for i in range(5)]
    row = row_of(aggregate=invented_galaxy.aggregate(arms=arms))
    assert row["n_arms"] == 5
    assert row["chirality"] == 0
    assert raised(row) == {"arms_left_out"}


def test_single_arm_has_no_scatter():
    """One arm says nothing about the scatter among arms."""
    assert math.isnan(
        mean_pitch([invented_galaxy.arm(0, 18.0, 1.0, 30.0)])["pitch_angle_scatter"]
    )


def test_missing_error_is_empty_not_zero():
    """Parameters fixed or on a bound, and arms without error, have no error."""
    tree = invented_galaxy.tuned()
    held = tree["parameters"].index("bulge.q")
    tree["covariance"][held][held] = 0.0
    tree["parameters"] = [n.replace("bar.c", "other") for n in tree["parameters"]]
    arms = [invented_galaxy.arm(0, 18.0, None, 30.0)]
    row = row_of(tuned={"agg": tree}, aggregate=invented_galaxy.aggregate(arms=arms))
    assert math.isnan(row["bar_c_err"])
    assert math.isnan(row["bulge_q_err"])
    assert math.isnan(row["arm1_pitch_angle_err"])
    assert math.isnan(row["pitch_angle_err"])


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_round_trip(tmp_path, suffix):
    """Values and units survive the file; same table same bytes."""
    table = catalogue([subject(3), subject(1, has_image=False, tuned={}, wcs=None)])
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
    import published_models
    from skyloom.builder.config import Noise
    from skyloom.builder.drawings.subjects import read_metadata
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
        disk = published_models.published_fit(tree).disk
        angle = position_angle(wcs, disk.mux, disk.muy, disk.roll)
        gaps.append((angle - row["SERSIC_PHI"] + 90) % 180 - 90)
    assert len(gaps) == 25
    assert np.median(np.abs(gaps)) < 5
