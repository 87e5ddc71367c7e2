"""Real galaxies: the published renderings, the published chi², and our fits."""

import numpy as np
import published_models
import pytest
from builder.published_render import pixel_means, sampled, sampled_components
from scipy.signal import correlate2d
from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.config import AggregateSettings, Noise, TuneSettings
from skyloom.builder.drawings import subjects, upstream
from skyloom.builder.evaluation.published_fit import published_fit
from skyloom.builder.fitting.best import best_individual
from skyloom.builder.fitting.render import render, render_components
from skyloom.builder.fitting.tune import tune
from skyloom.builder.images.cutout_files import from_metadata_json, from_upstream_npz
from skyloom.builder.model import from_dict

pytestmark = pytest.mark.real

EXAMPLE = 21686576
STORED_CHISQ = 1.13364059925494
AGGREGATE = AggregateSettings.model_validate({"spiral": {"method": "crowd"}})
EVERY = 6  # of the galaxies with an image; all of them are the real run's business


@pytest.fixture(scope="module")
def galaxies(real):
    folder = real / "builder" / "galaxies"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder")
    return folder


@pytest.fixture(scope="module")
def example(real):
    path = real / "builder" / "example" / "example_metadata.json"
    return from_metadata_json(path, EXAMPLE)


def published(galaxies, subject):
    return upstream.read_upstream(galaxies / "models" / f"{subject}.json.gz")


def test_golden_components(galaxies):
    """Sampled as upstream did, every stored component image is reproduced."""
    paths = sorted((galaxies / "golden").glob("comps_*.npz"))
    assert paths
    for path in paths:
        fit = published_fit(published(galaxies, path.stem[6:]))
        with np.load(path, allow_pickle=False) as golden:
            images = sampled_components(fit, golden["disk"].shape)
            for name in golden:
                error = np.abs(images[name] - golden[name]).max()
                # One bulge has a sample 1e-6 px from its n = 4 cusp.
                limit = 1e-8 if path.stem.endswith("20901989") else 1e-10
                assert error < limit * max(1.0, golden[name].max()), (path.name, name)


def test_pixel_means_of_published_fits(galaxies):
    """The renderer's pixels agree with many points a pixel."""
    for path in sorted((galaxies / "golden").glob("comps_*.npz")):
        fit = published_fit(published(galaxies, path.stem[6:]))
        shape = upstream.frame_shape(published(galaxies, path.stem[6:]))
        fine = pixel_means(fit, shape, points=41, arm_points=5)
        found = render_components(fit, shape)
        for name, image in fine.items():
            error = np.abs(found[name] - image) / image.max()
            if name != "spiral" and getattr(fit, name).n > 4:
                # In a cusp's pixel the points are no truth themselves.
                part = getattr(fit, name)
                cusp = round(part.muy), round(part.mux)
                assert error[cusp] < 3e-3, (path.name, name)
                error[cusp] = 0
            # Arms have kinks where two turns are equally near.
            limit = 2e-3 if name == "spiral" else 5e-4
            if name == "bar" and fit.bar.n < 0.5:
                limit = 1.2e-2  # the sampling rule takes too few points near its centre
            assert error.max() < limit, (path.name, name)


def test_stored_chisq(galaxies, example):
    """The published chi² of the example comes out to eight digits, correlated PSF."""
    fit = published_fit(published(galaxies, EXAMPLE))
    sharp = sampled(fit, example.image.shape)
    image = correlate2d(sharp, example.psf, mode="same")
    residual = ((image - example.image) / example.sigma)[~example.mask]
    assert np.mean(residual**2) == pytest.approx(STORED_CHISQ, rel=1e-8)


def test_example_beats_the_published_fit(galaxies, example):
    """From the same crowd the example reaches chi² 1.131 or less (published 1.1336)."""
    tree = upstream.volunteers_tree(published(galaxies, EXAMPLE), turns=0)
    crowd = aggregate_subject(tree, AGGREGATE)
    fit = tune(from_dict(crowd["model"]), crowd["errors"], example, TuneSettings())
    assert fit["status"] == "converged"
    assert fit["chisq_per_pixel"] <= 1.131


def test_published_priors(galaxies, example):
    """From the published crowd and its priors too the fit is better than published."""
    fit = tune(
        published_models.published_aggregate(published(galaxies, EXAMPLE)),
        published_models.published_errors(published(galaxies, EXAMPLE)),
        example,
        TuneSettings(),
    )
    assert fit["status"] == "converged"
    assert fit["chisq_per_pixel"] < STORED_CHISQ


def test_fits_are_no_worse_than_published(galaxies):
    """On the same pixels and noise 95 % of fits are no worse than the published."""
    turns = subjects.turns(subjects.read_metadata(galaxies / "gal-metadata.csv"))
    no_worse = []
    for path in sorted((galaxies / "images").glob("*.npz"))[::EVERY]:
        subject = int(path.stem)
        tree = published(galaxies, subject)
        cutout = from_upstream_npz(path, subject, turns[subject], Noise())
        if cutout.image.shape != upstream.frame_shape(tree):
            continue
        crowd = aggregate_subject(
            upstream.volunteers_tree(tree, turns=turns[subject]), AGGREGATE
        )
        start = from_dict(crowd["model"])
        fit = tune(start, crowd["errors"], cutout, TuneSettings())
        theirs = render(published_fit(tree), cutout.image.shape, cutout.psf)
        good = ~cutout.mask
        weight = 1 / cutout.sigma[good]
        # Their brightness is left free once more, as mosaics and frames differ.
        data, image = cutout.image[good] * weight, theirs[good] * weight
        scaled = image * (data @ image) / (image @ image)
        no_worse.append(fit["chisq_per_pixel"] <= np.mean((scaled - data) ** 2))
    assert len(no_worse) >= 20
    assert np.mean(no_worse) >= 0.95


def test_best_individual_is_a_volunteer(galaxies, example):
    """One volunteer fits the example best, worse than the fit but not absurdly."""
    tree = upstream.volunteers_tree(published(galaxies, EXAMPLE), turns=0)
    row = best_individual(tree, example)
    ids = [v["classification_id"] for v in tree["volunteers"]]
    assert row["classification_id"] in ids
    assert 1.2 < row["chisq"] < 3.0
