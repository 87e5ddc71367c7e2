"""The catalogue's flags, and what they let be used."""

import invented_galaxy
import pytest
from skyloom.builder.products.catalogue import catalogue
from skyloom.builder.products.catalogue_flags import FLAGS, RULES, USES, spoilers

raised = invented_galaxy.raised
chosen = invented_galaxy.chosen
METADATA = invented_galaxy.METADATA


def row_of(**changes):
    return catalogue([invented_galaxy.subject(**changes)])[0]


def unusable(row):
    return {name for name in USES if not row[f"use_{name}"]}


def changed(**values):
    """Return a chosen set of which numbers of the mean are others, and their errors."""
    fit = chosen()
    mean = fit["mean"]
    for name, (value, error) in values.items():
        i = mean["names"].index(name.replace("_", "."))
        mean["values"][i], mean["covariance"][i][i] = value, error**2
    return fit


def test_rules_are_one_table():
    """Each flag has its meaning and a bit; each spoils quantities that exist."""
    assert list(FLAGS) == list(RULES)
    assert len(RULES) < 63
    for flag in RULES.values():
        assert flag.meaning
        assert set(flag.spoils) <= set(USES)


def test_bits_of_published_flags_stay():
    """A flag's bit is its place, so that new flags come last."""
    first = ["no_image", "aggregate_failed", "fit_failed", "not_converged", "at_bound"]
    assert list(RULES)[:5] == first
    assert list(RULES).index("rotation_unknown") == 11


def test_a_good_galaxy_has_no_flag_and_all_uses():
    """All can be used where nothing speaks against it."""
    assert raised(row_of()) == set()
    assert unusable(row_of()) == set()


def test_what_is_absent_is_not_to_be_used():
    """A galaxy of a disk alone has no bulge, bar or arms to use; no flag says so."""
    tree = invented_galaxy.tuned(flux={"disk": 400.0}, flux_covariance=[[16.0]])
    tree["model"] |= {"bulge": None, "bar": None, "spiral": []}
    row = row_of(fit=chosen(tree))
    assert raised(row) == set()
    assert unusable(row) == {"bulge", "bar", "arms", "pitch_angle"}
    assert (row["components"], row["n_arms"]) == ("disk", 0)


def test_an_error_that_is_unknown_forbids_the_use():
    """A value without an error is not to be used."""
    row = row_of(fit=changed(disk_q=(0.7, 0.0)))
    assert unusable(row) == {"disk_q"}


@pytest.mark.parametrize(("error", "lost"), [(0.9, False), (0.91, True), (10.5, True)])
def test_an_angle_with_an_error_beyond_that_of_any_angle_is_unknown(error, lost):
    """52 degrees is the error of an angle of which nothing is known, not 601."""
    row = row_of(fit=changed(disk_roll=(0.5, error)))
    assert (raised(row) == {"disk_pa_unreliable"}) == lost
    assert (str(row["disk_pa"]) == str(row["disk_pa_err"]) == "nan") == lost
    assert ("disk_pa" in unusable(row)) == lost
    assert not row["disk_pa_err"] > 52


@pytest.mark.parametrize(("q", "round_"), [(0.95, False), (0.96, True)])
def test_a_round_component_has_no_reliable_angle(q, round_):
    """The angle stays, and says little."""
    row = row_of(fit=changed(disk_q=(q, 0.01)))
    assert (raised(row) == {"disk_pa_unreliable"}) == round_
    assert row["disk_pa_err"] > 0


@pytest.mark.parametrize(("part", "size"), [("bulge", 1.4), ("bar", 1.4)])
def test_a_component_below_half_the_psf_is_unresolved(part, size):
    """A bulge of 0.03 arcsec is no bulge."""
    row = row_of(fit=changed(**{f"{part}_Re": (size, 0.1)}))
    assert raised(row) == {f"{part}_unresolved"}
    assert unusable(row) == {part}
    assert raised(row_of(fit=changed(**{f"{part}_Re": (1.6, 0.1)}))) == set()


@pytest.mark.parametrize(("shift", "off"), [(4.9, False), (5.2, True)])
def test_a_centre_two_arcsec_off_has_a_flag(shift, off):
    """Five pixels, from the survey's place and from the image's middle."""
    moved = {"middle": (49.0, 44.0 + shift), "wcs": None}
    found = raised(row_of(**moved))
    assert ("off_centre" in found) == off


def test_a_bulge_off_the_disk_has_a_flag():
    """Its centre lies 2 arcsec off the disk's."""
    row = row_of(fit=changed(bulge_mux=(55.0, 0.1)))
    assert raised(row) == {"centres_apart"}
    assert unusable(row) == {"bulge", "bar"}


@pytest.mark.parametrize(("share", "bright"), [(0.6, False), (0.61, True)])
def test_arms_that_stand_in_for_the_disk(share, bright):
    """A spiral fraction of 0.77 is nonsense."""
    row = row_of(fit=changed(fraction_spiral=(share, 0.01)))
    assert (raised(row) == {"arms_too_bright"}) == bright
    assert (unusable(row) == {"disk_Re", "disk_q", "arms"}) == bright


@pytest.mark.parametrize(("size", "rival"), [(12.7, False), (12.9, True)])
def test_a_bulge_as_large_as_its_disk(size, rival):
    """One of them is not what it is called."""
    row = row_of(fit=changed(bulge_Re=(size, 0.1)))
    assert (raised(row) == {"bulge_rivals_disk"}) == rival
    assert ({"bulge", "disk_Re"} <= unusable(row)) == rival


@pytest.mark.parametrize(
    ("bound", "flags", "lost"),
    [
        ("disk.q:upper", {"disk_at_bound"}, {"disk_Re", "disk_q", "disk_pa"}),
        ("bulge.q:lower", {"bulge_at_bound"}, {"bulge"}),
        ("bar.Re:upper", {"bar_at_bound"}, {"bar"}),
        ("spiral.1.spread:upper", {"arms_at_bound"}, {"arms", "pitch_angle"}),
        ("spiral.0.I:upper", {"arms_at_brightest"}, {"arms"}),
        ("bar.c:upper", set(), set()),
        ("bulge.n:lower", set(), set()),
    ],
)
def test_components_at_bounds(bound, flags, lost):
    """The parameter stands by its name; it spoils its own component."""
    row = row_of(fit=chosen(bounds_reached=[bound]))
    assert row["bounds_reached"] == bound
    assert raised(row) == {"at_bound"} | flags
    assert unusable(row) == lost


def test_an_unmasked_seam_has_a_flag():
    """What lies on a part of the image is not to be trusted; the sum is."""
    row = row_of(has_seam=True)
    assert raised(row) == {"seam"}
    assert {"mag", "disk_Re"} & unusable(row) == set()
    assert "bar" in unusable(row)


def test_an_uncertain_set_and_doubtful_components():
    """Below one half the data speak for another set, or against the component."""
    same = {"components": ["disk", "bulge", "bar", "spiral"], "n_arms": 2}
    row = row_of(fit=chosen(sets=[same | {"weight": 0.49}]))
    assert raised(row) == {"set_uncertain"}
    assert unusable(row) == set()
    row = row_of(fit=chosen(probability={"bulge": 0.4, "bar": 0.3, "spiral": 0.2}))
    assert raised(row) == {"bulge_doubtful", "bar_doubtful", "arms_doubtful"}
    assert unusable(row) == {"bulge", "bar", "arms", "pitch_angle"}


def arms_of(*changes):
    records = [invented_galaxy.record(18.0, 1.0, 20.0, **c) for c in changes]
    return row_of(fit=chosen(arms=records))


def test_arms_that_are_no_arms():
    """Off the visible arm, nearly round, or winding against each other."""
    row = arms_of({"flags": ["off_the_arm"]}, {})
    assert raised(row) == {"arms_flagged"}
    assert {row["arm1_flags"], row["arm2_flags"]} == {"off_the_arm", ""}
    assert unusable(row) == {"arms", "pitch_angle"}
    row = arms_of({"pitch_angle": 2.9}, {})
    assert raised(row) == {"arms_nearly_round"}
    assert raised(arms_of({"pitch_angle": 3.1}, {})) == set()
    row = arms_of({"chirality": -1}, {})
    assert raised(row) == {"arms_wind_both_ways"}
    assert unusable(row) == {"pitch_angle"}


@pytest.mark.parametrize(("zdist", "unsure"), [(0.0099, True), (0.0101, False)])
def test_a_distance_is_uncertain_below_ten_peculiar_motions(zdist, unsure):
    """300 km/s are a tenth of redshift 0.01."""
    row = row_of(metadata=METADATA | {"ZDIST": zdist})
    assert ("distance_uncertain" in raised(row)) == unsure


@pytest.mark.parametrize(("chisq", "poor"), [(2.99, False), (3.01, True)])
def test_a_fit_is_poor_above_three(chisq, poor):
    """By the chosen set's reduced chi2."""
    assert ("poor_fit" in raised(row_of(fit=chosen(chisq=chisq)))) == poor


def test_an_unknown_rotation_has_a_flag():
    """The drawings may be a quarter turn off."""
    assert raised(row_of(rotation_known=False)) == {"rotation_unknown"}


def test_fits_that_stopped_short_and_estimated_noise():
    """Only the magnitude of a fit that stopped short may be used."""
    fit = chosen(status="max_evaluations", sigma_source="sky_and_gain")
    row = row_of(fit=fit)
    assert raised(row) == {"not_converged", "sigma_estimated"}
    assert unusable(row) == set(USES) - {"mag"}


@pytest.mark.parametrize("lost", ["agg", "bi"])
def test_a_lost_start_is_flagged(lost):
    """Where one of the two starts gave no fit the other stands, and the row says so."""
    fits = {"agg": invented_galaxy.tuned(), "bi": invented_galaxy.tuned()}
    fits[lost] = {"status": "failed", "reason": "no", "model": None}
    row = row_of(tuned=fits)
    assert row["start"] == ({"agg", "bi"} - {lost}).pop()
    assert raised(row) == {"start_lost"}


def test_uses_name_their_flags():
    """The column's description is its rule."""
    table = catalogue([invented_galaxy.subject()])
    for name in USES:
        text = table[f"use_{name}"].description
        assert all(flag in text for flag in spoilers(name))
    assert "fit_failed" in spoilers("mag")
