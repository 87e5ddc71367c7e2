"""Simulated galaxies and the files they are written to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from skyloom.builder.config import Noise
from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.subjects import read_metadata
from skyloom.builder.drawings.volunteers import subject_tree
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import render
from skyloom.builder.images.cutout_files import from_difference_json
from skyloom.builder.model import from_dict, replace, to_dict
from skyloom.builder.simulation import files
from skyloom.builder.simulation import galaxies as population
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.simulation.galaxies import (
    P_ARMS,
    draw_galaxy,
    draw_image,
    draw_psf,
    perceived,
    scaled,
)
from skyloom.io.documents import read_json
from skyloom.io.zooniverse import read_classifications, read_subjects

SMALL = GalaxySettings(size=(60, 70), n_volunteers=8)


@pytest.fixture(scope="module")
def crowd(checkout):
    """Return the fitted crowd that ships."""
    return read_crowd(checkout / "resources" / "builder_crowd.json")


@pytest.fixture(scope="module")
def galaxies():
    """Return 400 galaxies of the default population."""
    rng = np.random.default_rng(1)
    return [draw_galaxy(rng, (90, 150)) for _ in range(400)]


def test_population_has_the_asked_shares(galaxies):
    """Bulges, bars and arms are as frequent as the settings say."""
    models = [g[0] for g in galaxies]
    assert np.mean([m.bulge is not None for m in models]) == pytest.approx(
        0.7, abs=0.07
    )
    assert np.mean([m.bar is not None for m in models]) == pytest.approx(0.3, abs=0.07)
    n_arms = np.bincount([len(m.spiral) for m in models], minlength=5) / 400
    assert n_arms == pytest.approx(P_ARMS, abs=0.08)


def test_pitch_angles_scatter_about_their_galaxy(galaxies):
    """Arms scatter by sigma_gal about phi_gal, with one chirality a galaxy."""
    pairs = [(m, phi) for m, _, phi in galaxies if len(m.spiral) > 1]
    misses = [abs(a.phi) - phi for m, phi in pairs for a in m.spiral]
    assert np.std(misses) == pytest.approx(4.0, abs=0.6)
    assert all(len({np.sign(a.phi) for a in m.spiral}) == 1 for m, _ in pairs)
    assert all(5 <= abs(a.phi) <= 40 for m, _ in pairs for a in m.spiral)


LEAST_P = 1e-3  # some 20 distributions: all of them pass by chance in 98 % of seeds


def lognormal(median, width, low, high):
    """Return a log-normal distribution, truncated, in the logarithm."""
    limits = np.log(np.array([low, high]) / median) / width
    return stats.truncnorm(*limits, np.log(median), width)


def values_of(galaxies):
    """Return samples of what is drawn, each with the distribution it should have."""
    models = [m for m, *_ in galaxies]
    sizes = np.array([size for _, size, _ in galaxies])
    disks = [m.disk for m in models]
    bulges = [(m.bulge, m.disk) for m in models if m.bulge]
    bars = [(m.bar, m.disk) for m in models if m.bar]
    arms = [(a, m.disk) for m in models for a in m.spiral]
    limits = [(x - 20.0) / 7.0 for x in (5.0, 40.0)]

    def share(part, disk):
        light = total_flux(part)
        return np.log(light / (light + total_flux(disk)))

    def first(pairs, get):
        return np.array([get(part, disk) for part, disk in pairs])

    uniform = stats.uniform
    return {
        "disk q": ([d.q for d in disks], uniform(0.4, 0.58)),
        "disk roll": ([d.roll for d in disks], uniform(0, np.pi)),
        "disk Re": (
            np.log([d.Re for d in disks] / sizes),
            stats.norm(np.log(0.125), 0.2),
        ),
        "disk mux": (
            [(d.mux - (n - 1) / 2) / n for d, n in zip(disks, sizes, strict=True)],
            stats.norm(0, 0.005),
        ),
        "phi_gal": (
            [phi for *_, phi in galaxies],
            stats.truncnorm(*limits, 20.0, 7.0),
        ),
        "bulge q": (first(bulges, lambda b, _: b.q), uniform(0.6, 0.38)),
        "bulge n": (
            np.log(first(bulges, lambda b, _: b.n)),
            lognormal(1.5, 0.6, 0.5, 5.0),
        ),
        "bulge share": (first(bulges, share), lognormal(0.07, 0.8, 0.01, 0.4)),
        "bulge mux": (
            first(bulges, lambda b, d: (b.mux - d.mux) / d.Re),
            stats.norm(0, 0.02),
        ),
        "bar q": (first(bars, lambda b, _: b.q), uniform(0.15, 0.3)),
        "bar Re": (
            np.log(first(bars, lambda b, d: b.Re / d.Re)),
            lognormal(0.35, 0.3, 0.15, 0.7),
        ),
        "bar n": (np.log(first(bars, lambda b, _: b.n)), lognormal(0.6, 0.3, 0.3, 2)),
        "bar c": (np.log(first(bars, lambda b, _: b.c)), lognormal(2.3, 0.2, 1.5, 4)),
        "bar share": (first(bars, share), lognormal(0.08, 0.6, 0.02, 0.35)),
        "arm I": (np.log(first(arms, lambda a, _: a.I)), lognormal(0.5, 0.5, 0.1, 2)),
        "arm spread": (
            [a.spread / d.Re for a, d in arms if d.Re > 15],
            uniform(0.08, 0.08),
        ),
    }


def test_population_is_the_documented_one(galaxies):
    """Ellipticities, sizes, shares of light, indices and pitch: Kolmogorov-Smirnov."""
    for name, (sample, expected) in values_of(galaxies).items():
        assert stats.kstest(sample, expected.cdf).pvalue > LEAST_P, name


def test_bulges_are_small(galaxies):
    """The median bulge has 0.15 of the disk's Re, and 0.06 to 0.4 at the ends."""
    ratio = np.array([m.bulge.Re / m.disk.Re for m, *_ in galaxies if m.bulge])
    assert np.median(ratio) == pytest.approx(0.15, abs=0.01)
    assert np.log(ratio).std() == pytest.approx(0.35, abs=0.05)
    assert 0.06 <= ratio.min() < ratio.max() <= 0.4


def test_arms_start_at_the_bar_and_wind_outwards(galaxies):
    """From 1.2 bars or 0.4 to 0.7 Re, to 1.4 to 2.2 Re or 0.9 turns; either sense."""
    senses = []
    for model, *_ in galaxies:
        for arm in model.spiral:
            r = arm.A * np.exp(
                np.array([arm.t_min, arm.t_max]) * np.tan(np.radians(arm.phi))
            )
            inner, outer = np.sort(r) / model.disk.Re
            if model.bar:
                assert inner == pytest.approx(1.2 * model.bar.Re / model.disk.Re)
            else:
                assert inner * (1 + 1e-9) >= 0.4
                assert inner <= 0.7 * (1 + 1e-9)
            sweep = arm.t_max - arm.t_min
            assert sweep <= 1.8 * np.pi + 1e-9
            if sweep < 1.8 * np.pi - 1e-9:
                assert outer * (1 + 1e-9) >= 1.4
                assert outer <= 2.2 * (1 + 1e-9)
        senses += [np.sign(a.phi) for a in model.spiral[:1]]
    assert np.mean(senses) == pytest.approx(0, abs=3.3 / np.sqrt(len(senses)))


def test_arms_are_spread_around_the_galaxy(galaxies):
    """Arms of a galaxy begin 2 pi / n apart, within a few tenths of a radian."""
    gaps = []
    for model, *_ in galaxies:
        n = len(model.spiral)
        begin = [a.t_min if a.phi > 0 else a.t_max for a in model.spiral]
        steps = np.diff(begin) - 2 * np.pi / max(n, 1)
        gaps += list((steps + np.pi) % (2 * np.pi) - np.pi)
    assert np.mean(gaps) == pytest.approx(0, abs=0.05)
    assert np.std(gaps) == pytest.approx(0.15 * np.sqrt(2), abs=0.03)


def images(n=150):
    """Return the truth and the pixels of small galaxies."""
    rng = np.random.default_rng(11)
    for _ in range(n):
        model, size, _ = draw_galaxy(rng, (48, 52))
        yield *draw_image(model, size, rng), size


def test_magnitudes_noise_and_neighbours():
    """Magnitudes are uniform, the sky has its median rms, stars and bad pixels."""
    found = [
        (
            22.5 - 2.5 * np.log10(sum(map(total_flux, t.components().values()))
                                  * p.multiplier),
            p.sigma[:4, :4].mean() * p.multiplier,
            p.mask.mean(),
            p.mask.sum(),
        )
        for t, p, _ in images()
    ]  # fmt: skip
    mag, sky, _, bad = np.array(found).T
    assert stats.kstest(mag, stats.uniform(13.9, 2.9).cdf).pvalue > LEAST_P
    assert np.median(sky) == pytest.approx(0.024, abs=0.0025)
    assert np.std(np.log(sky)) < 0.35
    # A star's box has 121 pixels: without one there are some four lone bad pixels.
    lone = bad[bad < 30]
    assert np.mean(bad >= 30) == pytest.approx(1 - np.exp(-0.7), abs=0.13)
    assert lone.mean() == pytest.approx(4, abs=0.7)


def test_photon_noise_is_poisson():
    """Sigma² less the sky's is the light over the gain: 4.7 e- and 0.005 nmgy a DN."""
    for truth, pixels, size in images(5):
        clean = render(truth, (size, size), pixels.psf) * pixels.multiplier
        variance = (pixels.sigma * pixels.multiplier) ** 2
        far = ~pixels.mask & (clean > 0.05 * clean.max())
        slope, _ = np.polyfit(clean[far], variance[far], 1)
        assert slope == pytest.approx(0.005 / 4.7, rel=1e-6)


def test_psf_has_the_seeing_of_the_survey():
    """The core's FWHM is 1.1 to 1.5 arcsec; the wings have a tenth of the peak."""
    rng = np.random.default_rng(3)
    widths = []
    for _ in range(200):
        psf = draw_psf(rng)
        # The two Gaussians' sum falls to this part of the peak one core width away.
        at = [psf[5, 5 + k] / psf[5, 5] for k in (1, 2)]
        core = _core_width(at[0])
        wings = (np.exp(-2 / core**2) + 0.1 * np.exp(-4 / (18 * core**2))) / 1.1
        assert at[1] == pytest.approx(wings, rel=1e-6)
        widths.append(core * 2.3548 * 0.396)
    assert stats.kstest(widths, stats.uniform(1.1, 0.4).cdf).pvalue > LEAST_P


def _core_width(ratio):
    from scipy.optimize import brentq

    def miss(s):
        return (
            np.exp(-1 / (2 * s * s)) + 0.1 * np.exp(-1 / (18 * s * s))
        ) / 1.1 - ratio

    return brentq(miss, 0.5, 5)


@pytest.mark.parametrize(
    ("kind", "half"), [("bulge", 0.02), ("bar", 0.03), ("arm", 0.25)]
)
def test_half_of_the_crowds_see_a_part_at_its_level(kind, half):
    """At the level 50 % do, at 0.4 in ln above it 73 %, below it 27 %."""
    rng = np.random.default_rng(9)
    for shift, expected in ((-0.4, 0.269), (0.0, 0.5), (0.4, 0.731)):
        level = half * np.exp(shift)
        seen = [population._noticed(kind, level, rng) for _ in range(3000)]
        assert np.mean(seen) == pytest.approx(expected, abs=0.03)


def test_parts_are_drawn_larger_and_rounder_than_they_are(galaxies):
    """Disks by 1 / 0.864 in Re, bulges by 1 / 0.872 and bars by 1 / 0.891 in q."""
    rng = np.random.default_rng(7)
    n_seen = 0
    for model, size, _ in galaxies[:80]:
        seen = perceived(model, size, rng).model
        assert seen.disk.Re == pytest.approx(model.disk.Re / 0.864)
        assert seen.disk.q == model.disk.q
        for name, factor in (("bulge", 0.872), ("bar", 0.891)):
            part = getattr(seen, name)
            if part:
                n_seen += 1
                q = getattr(model, name).q
                assert part.q == pytest.approx(min(q / factor, 1.0))
    assert n_seen > 30


def test_a_share_is_of_the_part_s_own_and_the_disk_s_light(galaxies):
    """A bar with share 0.3 has 3 parts of light where the disk has 7."""
    model = next(m for m, *_ in galaxies if m.bar)
    unit = replace(model.bar, I=1.0)
    bar = population._with_light(unit, model.disk, 0.3)
    assert total_flux(bar) / total_flux(model.disk) == pytest.approx(3 / 7)


def test_scaled_changes_the_light_alone(galaxies):
    """Twice the light, the same shapes; arms are relative to the disk."""
    model = next(m for m, *_ in galaxies if m.spiral and m.bulge)
    twice = scaled(model, 2.0)
    for name, part in model.components().items():
        assert total_flux(getattr(twice, name)) == pytest.approx(2 * total_flux(part))
    assert twice.spiral == model.spiral


def test_models_are_valid_and_of_unit_light(galaxies):
    """Every model survives its JSON form; arms run from t_min to t_max."""
    for model, size, _ in galaxies[:50]:
        assert to_dict(from_dict(to_dict(model))) == to_dict(model)
        light = sum(map(total_flux, model.components().values()))
        assert light == pytest.approx(1)
        assert 90 <= size <= 150
        assert all(a.t_min < a.t_max for a in model.spiral)


def test_psf_is_normalised_and_symmetric():
    """The PSF sums to one and is the same from all sides."""
    psf = draw_psf(np.random.default_rng(2))
    assert psf.shape == (11, 11)
    assert psf.sum() == pytest.approx(1)
    assert psf == pytest.approx(np.rot90(psf))


def test_noise_is_what_sigma_says():
    """Image less model, over sigma, is a unit normal on good pixels."""
    rng = np.random.default_rng(4)
    model, size, _ = draw_galaxy(rng, SMALL.size)
    truth, pixels = draw_image(model, size, rng)
    clean = render(truth, (size, size), pixels.psf)
    assert clean.max() == pytest.approx(1)
    z = ((pixels.image - clean) / pixels.sigma)[~pixels.mask]
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert z.std() == pytest.approx(1, abs=0.05)


def test_bright_parts_are_seen_and_faint_ones_not(galaxies):
    """What a crowd sees is a part of the truth; disks look larger."""
    rng = np.random.default_rng(7)
    for model, size, _ in galaxies[:60]:
        seen = perceived(model, size, rng).model
        assert seen.disk.Re > model.disk.Re
        assert set(seen.components()) <= set(model.components())
        assert len(seen.spiral) <= len(model.spiral)
    faint = [m for m, *_ in galaxies for a in m.spiral if a.I < 0.15]
    bright = [m for m, *_ in galaxies for a in m.spiral if a.I > 0.8]
    rates = [
        np.mean(
            [len(perceived(m, 100, rng).model.spiral) / len(m.spiral) for m in some]
        )
        for some in (faint, bright)
    ]
    assert rates[0] < rates[1]


def test_a_subject_follows_from_its_id_alone(crowd):
    """The same seed and id give the same subject; another seed another one."""
    one, again = (files.simulate_subject(1, 100007, SMALL, crowd) for _ in range(2))
    other = files.simulate_subject(2, 100007, SMALL, crowd)
    assert one.classifications == again.classifications
    assert np.array_equal(one.pixels.image, again.pixels.image)
    assert to_dict(one.truth) != to_dict(other.truth)


def test_a_repeat_shows_the_same_galaxy_to_others(crowd):
    """Image and truth are shared, drawings are not."""
    first = files.simulate_subject(1, 100001, SMALL, crowd)
    repeat = files.simulate_subject(1, 200001, SMALL, crowd, galaxy_id=100001)
    assert np.array_equal(first.pixels.image, repeat.pixels.image)
    assert to_dict(first.truth) == to_dict(repeat.truth)
    drawn = [[c.annotations for c in s.classifications] for s in (first, repeat)]
    assert drawn[0] != drawn[1]


@pytest.fixture(scope="module")
def survey(crowd, tmp_path_factory):
    """Write three subjects and return their folder and the surveys."""
    folder = tmp_path_factory.mktemp("survey")
    surveys = [files.simulate_subject(3, 100001 + i, SMALL, crowd) for i in range(3)]
    _write(folder, surveys)
    return folder, surveys


def _write(folder, surveys):
    files.write_survey(
        surveys,
        classifications=folder / "classifications.csv",
        subjects=folder / "subjects.csv",
        gal_metadata=folder / "gal-metadata.csv",
        data={s.subject_id: folder / f"{s.subject_id}.json" for s in surveys},
        truth=folder / "truth.json",
    )


def test_files_are_read_by_the_survey_readers(survey):
    """Exports, metadata and pixels come back; only repeats and clicks are refused."""
    folder, surveys = survey
    found, rejected = read_classifications(folder / "classifications.csv", 5366)
    assert len(found) == 3 * SMALL.n_volunteers
    assert all("before" in r.reason for r in rejected)
    assert len(read_subjects(folder / "subjects.csv")) == 3
    assert len(read_metadata(folder / "gal-metadata.csv")) == 3
    for one in surveys:
        path = folder / f"{one.subject_id}.json"
        cutout = from_difference_json(path, one.subject_id, Noise())
        assert cutout.image == pytest.approx(one.pixels.image, abs=1e-6)
        assert np.array_equal(cutout.mask, one.pixels.mask)
        tree = subject_tree(one.subject_id, Screen(cutout.image.shape), found)
        assert len(tree["volunteers"]) == SMALL.n_volunteers
        assert all("component" in r for r in tree["rejected"])


def test_truth_is_complete(survey):
    """The truth file has every subject's model, in image units."""
    folder, surveys = survey
    truth = read_json(folder / "truth.json")
    for one in surveys:
        tree = truth[str(one.subject_id)]
        assert to_dict(from_dict(tree["model"])) == to_dict(one.truth)
        assert tree["multiplier"] == one.pixels.multiplier


def test_same_survey_same_bytes(survey, tmp_path):
    """Written again, in another order, the files are the same."""
    folder, surveys = survey
    _write(tmp_path, surveys[::-1])
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
