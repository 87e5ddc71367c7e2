"""Single steps of simulated galaxies, where the whole population would not tell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats
from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.drawings.coordinates import Screen, rectangle
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import render
from skyloom.builder.images.astrometry import north, quarter_turns
from skyloom.builder.model import Model, Sersic, SpiralArm
from skyloom.builder.simulation import files, galaxies
from skyloom.builder.simulation.annotation import drawn_rectangle
from skyloom.builder.simulation.crowd import Drawing, Seen, read_crowd

LEAST_P = 1e-3
PSF = galaxies.draw_psf(np.random.default_rng(0))


def test_narrow_limits_cut_the_distributions():
    """Where limits bite, a truncated normal is left, in the logarithm or not."""
    rng = np.random.default_rng(1)
    found = [galaxies._lognormal(1.5, 0.6, (1.2, 2.5), rng) for _ in range(400)]
    assert 1.2 <= min(found) < 1.21
    assert 2.48 < max(found) <= 2.5
    low, high = np.log(1.2 / 1.5) / 0.6, np.log(2.5 / 1.5) / 0.6
    expected = stats.truncnorm(low, high, np.log(1.5), 0.6)
    assert stats.kstest(np.log(found), expected.cdf).pvalue > LEAST_P
    found = [galaxies._truncated(20.0, 7.0, (18.0, 30.0), rng) for _ in range(400)]
    expected = stats.truncnorm(-2 / 7, 10 / 7, 20.0, 7.0)
    assert stats.kstest(found, expected.cdf).pvalue > LEAST_P


class Quantile:
    """A generator whose every draw is the quantile `u` of its distribution."""

    def __init__(self, u, n_arms=3):
        self.u, self.n_arms = u, n_arms

    def uniform(self, low=0.0, high=1.0):
        """Return the quantile of a uniform number."""
        return low + self.u * (high - low)

    def normal(self, loc, scale, size):
        """Return copies of the quantile of a normal number."""
        return np.full(size, loc + scale * self.standard_normal())

    def standard_normal(self, size=None):
        """Return the quantile of a standard normal number, or copies of it."""
        z = stats.norm.ppf(self.u)
        return z if size is None else np.full(size, z)

    def random(self):
        """Return the quantile of a number between 0 and 1."""
        return self.u

    def integers(self, low, high):
        """Return the highest integer below `high`."""
        return high - 1

    def poisson(self, mean):
        """Return none, whatever is expected."""
        return 0

    def choice(self, options, p=None):
        """Return the number of arms, or else the last option."""
        return options[-1] if p is None else self.n_arms


def within(median, width, low, high):
    """Return a log-normal distribution between limits, in the logarithm."""
    ends = np.log(np.array([low, high]) / median) / width
    return stats.truncnorm(*ends, np.log(median), width)


@pytest.mark.parametrize("u", [1e-9, 0.2, 0.5, 0.9, 1 - 1e-9])
def test_every_quantile_of_a_component_is_the_documented_one(u):
    """Of disk, bulge and bar: limits, medians and widths of all that is drawn."""
    rng, z, flat = Quantile(u), stats.norm.ppf(u), stats.uniform

    def log(*law):
        return np.exp(within(*law).ppf(u))

    disk = galaxies._draw_disk(100, rng)
    wanted = (49.5 + 0.5 * z, np.pi * u, flat(0.4, 0.58).ppf(u), 12.5 * np.exp(0.2 * z))
    assert (disk.mux, disk.roll, disk.q, disk.Re) == pytest.approx(wanted)
    disk = Sersic(50.0, 40.0, 0.3, 0.6, 20.0, 1.0)
    bulge, bar = galaxies._draw_bulge(disk, rng), galaxies._draw_bar(disk, rng)
    for part in (bulge, bar):
        assert (part.mux, part.muy) == pytest.approx((50 + 0.4 * z, 40 + 0.4 * z))
        assert part.roll == pytest.approx(np.pi * u)
    size = 20 * np.clip(0.15 * np.exp(0.35 * z), 0.06, 0.4)
    wanted = (flat(0.6, 0.38).ppf(u), size, log(1.5, 0.6, 0.5, 5.0))
    assert (bulge.q, bulge.Re, bulge.n) == pytest.approx(wanted)
    wanted = (flat(0.15, 0.3).ppf(u), 20 * log(0.35, 0.3, 0.15, 0.7))
    assert (bar.q, bar.Re) == pytest.approx(wanted)
    wanted = log(0.6, 0.3, 0.3, 2.0), log(2.3, 0.2, 1.5, 4.0)
    assert (bar.n, bar.c) == pytest.approx(wanted)
    for part, law in ((bulge, (0.07, 0.8, 0.01, 0.4)), (bar, (0.08, 0.6, 0.02, 0.35))):
        light = total_flux(part)
        assert light / (light + total_flux(disk)) == pytest.approx(log(*law))


@pytest.mark.parametrize("u", [1e-9, 0.2, 0.5, 0.9, 1 - 1e-9])
@pytest.mark.parametrize("bar", [None, Sersic(50, 40, 0, 0.3, 5.0, 1)])
def test_every_quantile_of_an_arm_is_the_documented_one(u, bar):
    """Pitch by 4 deg about the galaxy's; radii in disk Re, or 1.2 bars inside."""
    disk = Sersic(50.0, 40.0, 0.3, 0.6, 20.0, 1.0)
    arms = galaxies._draw_arms(disk, bar, 18.0, Quantile(u))
    assert len(arms) == 3
    pitch = stats.truncnorm(-13 / 4, 22 / 4, 18, 4).ppf(u)
    inner = 6.0 if bar else 20 * (0.4 + 0.3 * u)
    outer = 20 * (1.4 + 0.8 * u)
    slope = np.tan(np.radians(pitch))
    for i, arm in enumerate(arms):
        start = 2 * np.pi * (u + i / 3) + 0.15 * stats.norm.ppf(u)
        sweep = min(np.log(outer / inner) / slope, 1.8 * np.pi)
        wanted = (start, start + sweep, inner * np.exp(-start * slope))
        assert (arm.t_min, arm.t_max, arm.A) == pytest.approx(wanted)
        wanted = np.exp(within(0.5, 0.5, 0.1, 2.0).ppf(u)), 20 * (0.08 + 0.08 * u)
        assert (arm.I, arm.spread) == pytest.approx(wanted)
        assert arm.phi == pytest.approx(pitch)


@pytest.mark.parametrize(
    ("u", "parts"),
    [
        (0.299, ["disk", "bulge", "bar"]),
        (0.301, ["disk", "bulge"]),
        (0.699, ["disk", "bulge"]),
        (0.701, ["disk"]),
    ],
)
def test_every_quantile_of_a_galaxy_is_the_documented_one(u, parts):
    """Seven of ten have a bulge, three a bar; pitch angles are 20 +- 7 deg."""
    model, size, phi_gal = galaxies.draw_galaxy(Quantile(u), (90, 150))
    assert size == 150
    assert list(model.components()) == parts
    pitch = stats.truncnorm(-15 / 7, 20 / 7, 20, 7).ppf(u)
    assert phi_gal == pytest.approx(pitch)


@pytest.mark.parametrize("u", [0.01, 0.5, 0.9])
def test_every_quantile_of_an_image_is_the_documented_one(u):
    """Magnitude, sky and seeing; noise is so many sigma in each pixel."""
    model, size, _ = galaxies.draw_galaxy(Quantile(0.4), (60, 60))
    truth, pixels = galaxies.draw_image(model, size, Quantile(u))
    light = sum(map(total_flux, truth.components().values())) * pixels.multiplier
    magnitude = 22.5 - 2.5 * np.log10(light)
    assert magnitude == pytest.approx(13.9 + 2.9 * u)
    assert not pixels.mask.any()
    clean = render(truth, (size, size), pixels.psf)
    z = stats.norm.ppf(u)
    np.testing.assert_allclose((pixels.image - clean) / pixels.sigma, z, atol=1e-6)
    variance = (pixels.sigma * pixels.multiplier) ** 2
    sky = variance - clean * pixels.multiplier * 0.005 / 4.7
    np.testing.assert_allclose(np.sqrt(sky), 0.024 * np.exp(0.15 * z), rtol=1e-6)


@pytest.mark.parametrize("phi", [-12.0, 12.0])
def test_an_arm_winds_between_its_radii(phi):
    """From radius to radius [px], at most 0.9 turns; no arm is thinner than 1.2 px."""
    disk = Sersic(60.0, 61.0, 0.7, 0.6, 5.0, 1.0)
    rng, slope = np.random.default_rng(2), np.tan(np.radians(phi))
    arm = galaxies._arm(disk, phi, 2.0, (3.0, 6.0), rng)
    radii = arm.A * np.exp(slope * np.array([arm.t_min, arm.t_max]))
    np.testing.assert_allclose(np.sort(radii), [3.0, 6.0])
    assert 2.0 in (pytest.approx(arm.t_min), pytest.approx(arm.t_max))
    assert arm.spread == 1.2
    tight = galaxies._arm(disk, np.sign(phi) * 5.0, 2.0, (3.0, 30.0), rng)
    assert tight.t_max - tight.t_min == pytest.approx(1.8 * np.pi)


@pytest.fixture(scope="module")
def stars():
    """Return light and mask of 300 fields of 100 px with their neighbours."""
    rng = np.random.default_rng(3)
    return [galaxies._neighbours(100, PSF, 1.0, rng) for _ in range(400)]


def test_neighbours_lie_beside_the_galaxy(stars):
    """A star has 0.5 to 5 per cent of its light, at 0.32 to 0.4 sides."""
    single = [(i, m) for i, m in stars if 0 < np.sum(i > 0) <= 121]
    light = np.array([i.sum() for i, _ in single])
    assert stats.kstest(light, stats.uniform(0.005, 0.045).cdf).pvalue > LEAST_P
    peaks = np.array([np.unravel_index(i.argmax(), i.shape) for i, _ in single])
    # A position is cut to its pixel: half a pixel lower on average.
    radius = np.hypot(*(peaks + 0.5 - 50).T) / 100
    assert 0.313 < radius.min() < 0.33
    assert 0.39 < radius.max() < 0.408
    assert np.abs(peaks.mean(axis=0) - 49.5).max() < 4 * 26 / np.sqrt(len(peaks))
    for image, mask in single[:20]:
        assert mask[image > 0].all()
        y, x = np.argwhere(image > 0).T
        assert (np.ptp(y), np.ptp(x)) == (10, 10)


@pytest.mark.parametrize("size", [32, 41, 59])
def test_a_star_is_whole_in_the_smallest_image_too(size):
    """32 px are the least that the configuration allows."""
    rng = np.random.default_rng(3)
    fields = [galaxies._neighbours(size, PSF, 1.0, rng) for _ in range(60)]
    for image, mask in fields:
        assert image.sum() == pytest.approx(0) or image.sum() >= 0.005
        assert mask[image > 0].all()
        assert (image > 0).sum() in (0, *range(121, size**2 + 1))


def test_stars_and_bad_pixels_are_poissonian(stars):
    """0.7 stars and 4 lone bad pixels a field."""
    none = np.mean([not i.any() for i, _ in stars])
    assert none == pytest.approx(np.exp(-0.7), abs=0.08)
    bad = [m.sum() for i, m in stars if not i.any()]
    assert np.mean(bad) == pytest.approx(4, abs=4 * 2 / np.sqrt(len(bad)))


def test_the_sky_scatters_by_a_seventh_and_stars_shine():
    """Its noise is log-normal about 0.024 nmgy; a star adds light and photons."""
    rng, sky, excess = np.random.default_rng(4), [], []
    for _ in range(40):
        model, size, _ = galaxies.draw_galaxy(rng, (60, 60))
        truth, pixels = galaxies.draw_image(model, size, rng)
        clean = render(truth, (size, size), pixels.psf) * pixels.multiplier
        variance = (pixels.sigma * pixels.multiplier) ** 2 - clean * 0.005 / 4.7
        sky.append(np.sqrt(np.median(variance)))
        star = pixels.mask & (variance > 1.001 * sky[-1] ** 2)
        if star.sum() > 20:
            seen = pixels.image * pixels.multiplier - clean
            photons = (variance[star] - sky[-1] ** 2).sum() * 4.7 / 0.005
            excess.append(seen[star].sum() / photons)
    logs = np.log(sky)
    assert logs.mean() == pytest.approx(np.log(0.024), abs=4 * 0.15 / np.sqrt(40))
    assert logs.std() == pytest.approx(0.15, abs=4 * 0.15 / np.sqrt(80))
    assert np.median(excess) == pytest.approx(1, abs=0.05)


def test_what_a_crowd_sees_does_not_depend_on_the_unit_of_light():
    """Shares of the light count; arms are relative to the disk."""
    for seed in range(40):
        model, size, _ = galaxies.draw_galaxy(np.random.default_rng(seed), (90, 95))
        one, other = (
            galaxies.perceived(m, size, np.random.default_rng(seed)).model
            for m in (model, galaxies.scaled(model, 37.0))
        )
        assert list(one.components()) == list(other.components())
        assert one.spiral == other.spiral


def test_half_of_the_crowds_see_a_bulge_of_two_per_cent():
    """Of the whole light, here that of three components."""
    disk = Sersic(60.0, 61.0, 0.7, 0.6, 18.0, 1.0)
    bar = galaxies._with_light(Sersic(60, 61, 2, 0.3, 6.0, 1), disk, 0.5)
    bulge = galaxies._with_light(Sersic(60, 61, 2, 0.9, 3.0, 1), disk, 2 / 51)
    rng = np.random.default_rng(5)
    model = Model(disk, bulge, bar, (SpiralArm(1, 2, 9, 18, 0, 3),))
    seen = [galaxies.perceived(model, 90, rng).model for _ in range(1000)]
    # Of 100.0 parts the disk and the bar have 49 each, and the bulge 2.
    assert np.mean([m.bulge is not None for m in seen]) == pytest.approx(0.5, abs=0.06)


@pytest.fixture(scope="module")
def surveys(checkout):
    """Return an even and an odd subject of the same seed."""
    crowd = read_crowd(checkout / "resources" / "builder_crowd.json")
    size = GalaxySettings(size=(60, 70), n_volunteers=40)
    return [files.simulate_subject(5, k, size, crowd) for k in (100002, 100005)]


def test_position_angles_tell_the_turn_and_where_north_is(surveys):
    """As for the survey's own angles: half a radian clockwise from +y."""
    for survey, turns in zip(surveys, (0, 1), strict=True):
        row = files.metadata_row(survey)
        angles = row["montage_angle"], row["original_angle"]
        assert quarter_turns(*angles) == turns
        found = north(row["original_angle"], row["PETRO_PHI90"])
        assert found == pytest.approx(-0.5, abs=1e-6)
        # The upload, turned by np.rot90 (clockwise with y up), is the frame.
        assert -row["montage_angle"] == pytest.approx(survey.truth.disk.roll)
        assert row["SERSIC_BA"] == pytest.approx(survey.truth.disk.q, abs=1e-6)
        side = survey.pixels.image.shape[0]
        assert row["PETRO_THETA"] == pytest.approx(0.396 * side / 4, abs=1e-6)


def test_places_are_in_the_northern_cap(checkout):
    """Uniform in area between declinations 0 and asin 0.85, ra 120 to 240 deg."""
    crowd = read_crowd(checkout / "resources" / "builder_crowd.json")
    size = GalaxySettings(size=(60, 60), n_volunteers=1)
    places = [files.simulate_subject(5, k, size, crowd).place for k in range(50)]
    ra, dec, z = (np.array([p[k] for p in places]) for k in ("ra", "dec", "redshift"))
    laws = {120: (ra, 120), 0: (np.sin(np.radians(dec)), 0.85), 0.02: (z, 0.035)}
    for low, (values, width) in laws.items():
        assert stats.kstest(values, stats.uniform(low, width).cdf).pvalue > LEAST_P
        assert low <= values.min() < low + 0.1 * width
        assert low + 0.9 * width < values.max() <= low + width


def test_classifications_are_dated_and_named(surveys):
    """In order of time, 7 to 700 minutes apart; ids are the subject's."""
    for survey in surveys:
        found = survey.classifications
        assert len(found) >= 40
        assert len({c.user for c in found}) >= 40
        times = np.array([np.datetime64(c.created_at[:19]) for c in found])
        first = np.datetime64("2019-01-07T09:00:00")
        minutes = np.diff(np.r_[first, times]) / np.timedelta64(1, "m")
        assert 7 <= minutes.min() < 120
        assert 580 < minutes.max() < 700
        base = 10**9 + survey.subject_id * 1000
        assert [c.classification_id - base for c in found] == list(range(len(found)))


def test_a_quarter_of_the_crowd_is_not_logged_in():
    """Each under one name, whichever subject it is."""
    names = [files.user_name(3, k) for k in range(600)]
    anonymous = [name.startswith("not-logged-in") for name in names]
    assert np.mean(anonymous) == pytest.approx(0.25, abs=0.07)
    assert len(set(names)) == 600
    assert files.user_name(3, 17) == names[17]


def test_some_untouched_sliders_are_blank():
    """One in a hundred; a moved one, a number, never is."""
    rng = np.random.default_rng(6)
    tasks = [
        {"value": [{"value": []}, {"value": "0.2"}, {"value": 0.4}]}
        for _ in range(8000)
    ]
    files._blank_some(tasks, rng)
    blank = np.mean([task["value"][1]["value"] is None for task in tasks])
    assert blank == pytest.approx(0.01, abs=4.5e-3)
    assert all(task["value"][2]["value"] == 0.4 for task in tasks)
    assert all(task["value"][0]["value"] == [] for task in tasks)


def test_a_subject_s_rows_say_what_it_is(surveys):
    """Names, counts, dates and sizes of the exports."""
    for survey in surveys:
        row = files.subject_row(survey)
        assert row["classifications_count"] == len(survey.classifications)
        assert row["retired_at"] == max(c.created_at for c in survey.classifications)
        assert row["locations"]["0"].endswith("difference.json")
        assert row["metadata"]["#models"][1] == {
            "frame": 2,
            "model": "GALAXY_BUILDER_MODEL",
        }
        tree, pixels = files.subject_file(survey.pixels), survey.pixels
        ny, nx = pixels.image.shape
        assert (tree["height"], tree["width"]) == (ny, nx)
        assert (tree["psfWidth"], tree["imageWidth"]) == (11, 512)
        np.testing.assert_allclose(tree["imageData"], pixels.image, atol=5.1e-7)


def test_drawn_coordinates_have_four_decimals(surveys):
    """As a browser's; no fewer."""
    numbers = [
        shape[key]
        for survey in surveys
        for one in survey.classifications
        for task in one.annotations
        for shape in task["value"][0]["value"]
        for key in ("x", "y")
        if key in shape
    ]
    assert len(numbers) > 50
    assert all(round(x, 4) == x for x in numbers)
    assert not all(round(x, 3) == x for x in numbers)


def test_one_in_fifty_volunteers_comes_back(checkout, monkeypatch):
    """To the same subject; others are of a crowd of 600, each at most once."""
    crowd = read_crowd(checkout / "resources" / "builder_crowd.json")
    monkeypatch.setattr(files, "draw_drawing", lambda *_: Drawing(Model()))
    size = GalaxySettings(size=(60, 60), n_volunteers=400)
    seen = Seen(Model(), 60.0)
    users = [
        c.user for k in range(5) for c in files._classify(3, k, seen, size, crowd, {})
    ]
    assert len(users) - 2000 == pytest.approx(40, abs=25)
    assert 560 < len(set(users)) <= 600


def test_frames_have_the_numbers_of_a_camera(surveys):
    """Six columns, 400 fields, and the galaxy's own name."""
    rows = [
        files.subject_metadata(dataclasses.replace(surveys[0], galaxy_id=k))
        for k in range(400)
    ]
    assert {int(row["Camcol"]) for row in rows} == set(range(1, 7))
    assert {int(row["Field"]) for row in rows} == set(range(1, 401))
    assert [int(row["NSA id"]) for row in rows] == list(range(400))
    assert {files.upload_turns(k) for k in range(4)} == {0, 1}


def test_bars_are_drawn_with_a_turn_of_45_degrees_at_most():
    """A longer side lies along x or along y before."""
    screen = Screen((90, 90))
    for roll in np.radians([0, 1, 44.5, 45, 45.5, 90, 134.5, 135.5, 179]):
        bar = Sersic(40.0, 30.0, roll, 0.3, 9.0, 1.0)
        drawn = drawn_rectangle(bar, screen)
        assert abs(drawn["angle"]) <= 45 + 1e-9
        assert rectangle(drawn, screen).Re == pytest.approx(9.0)


def test_sides_are_anywhere_in_their_range():
    """Both ends of the range are drawn too."""
    rng = np.random.default_rng(8)
    sides = {galaxies.draw_galaxy(rng, (60, 63))[1] for _ in range(40)}
    assert sides == {60, 61, 62, 63}
