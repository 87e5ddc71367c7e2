"""Simulated galaxies and the files they are written to."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.config import GalaxySettings, Noise
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.subjects import read_metadata
from skyloom.builder.drawings.volunteers import subject_tree
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import render
from skyloom.builder.images.cutout_files import from_difference_json
from skyloom.builder.model import from_dict, to_dict
from skyloom.builder.simulation import files
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.simulation.galaxies import (
    draw_galaxy,
    draw_image,
    draw_psf,
    perceived,
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
    return [draw_galaxy(rng, GalaxySettings()) for _ in range(400)]


def test_population_has_the_asked_shares(galaxies):
    """Bulges, bars and arms are as frequent as the settings say."""
    models = [g[0] for g in galaxies]
    assert np.mean([m.bulge is not None for m in models]) == pytest.approx(
        0.7, abs=0.07
    )
    assert np.mean([m.bar is not None for m in models]) == pytest.approx(0.3, abs=0.07)
    n_arms = np.bincount([len(m.spiral) for m in models], minlength=5) / 400
    assert n_arms == pytest.approx(GalaxySettings().p_arms, abs=0.08)


def test_pitch_angles_scatter_about_their_galaxy(galaxies):
    """Arms scatter by sigma_gal about phi_gal, with one chirality a galaxy."""
    pairs = [(m, phi) for m, _, phi in galaxies if len(m.spiral) > 1]
    misses = [abs(a.phi) - phi for m, phi in pairs for a in m.spiral]
    assert np.std(misses) == pytest.approx(4.0, abs=0.6)
    assert all(len({np.sign(a.phi) for a in m.spiral}) == 1 for m, _ in pairs)
    assert all(5 <= abs(a.phi) <= 40 for m, _ in pairs for a in m.spiral)


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
    model, size, _ = draw_galaxy(rng, SMALL)
    truth, pixels = draw_image(model, size, SMALL, rng)
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
        tree = subject_tree(one.subject_id, Screen(cutout.shape), found)
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


def test_sigma_is_written_if_asked(survey):
    """In the units of the image."""
    pixels = survey[1][0].pixels
    tree = files.subject_file(pixels, give_sigma=True)
    assert np.array(tree["sigma_image"]) == pytest.approx(pixels.sigma, abs=1e-7)
    assert "sigma_image" not in files.subject_file(pixels, give_sigma=False)
