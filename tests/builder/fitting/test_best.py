"""The best individual among volunteers."""

import numpy as np
import pytest
from skyloom.builder.fitting.best import best_individual, scaled
from skyloom.builder.fitting.render import render
from skyloom.builder.model import Model, replace, to_dict
from synthetic import TRUTH, observed


def volunteers(*models, scale=None):
    """Return a volunteers tree of some models."""
    who = [
        {"classification_id": 100 + i, "model": to_dict(model), "scale": scale or {}}
        for i, model in enumerate(models)
    ]
    return {"subject_id": 7, "volunteers": who}


def test_truth_wins():
    """The volunteer who drew the galaxy itself is chosen, at a chi² of one."""
    wrong = replace(TRUTH, disk=replace(TRUTH.disk, Re=20.0))
    row = best_individual(volunteers(wrong, TRUTH, Model()), observed())
    assert (row["classification_id"], row["n_volunteers"]) == (101, 2)
    assert row["chisq"] == pytest.approx(1.0, abs=0.1)


def test_first_of_equals():
    """Of two equal drawings the earlier is chosen."""
    assert best_individual(volunteers(TRUTH, TRUTH), observed())[
        "classification_id"
    ] == 100  # fmt: skip


def test_scale_slider_counts():
    """The scale slider multiplies the drawn size."""
    half = replace(TRUTH, disk=replace(TRUTH.disk, Re=6.0))
    assert scaled(half, {"disk": 2.0}).disk.Re == TRUTH.disk.Re
    row = best_individual(volunteers(half, scale={"disk": 2.0}), observed())
    assert row["chisq"] == pytest.approx(1.0, abs=0.1)


def test_nobody_drew():
    """Empty drawings are an error that says so."""
    with pytest.raises(ValueError, match="nobody drew"):
        best_individual(volunteers(Model(), Model()), observed())


def test_masked_pixels_are_not_seen():
    """Wild masked pixels do not reach the score."""
    pixels = observed()
    pixels.image[pixels.mask] = 1e12
    assert np.isfinite(best_individual(volunteers(TRUTH), pixels)["chisq"])


def test_a_slider_that_is_not_told_is_one():
    """A scale for the bulge alone leaves the disk as drawn."""
    model = scaled(TRUTH, {"bulge": 1.5})
    assert model.disk.Re == TRUTH.disk.Re
    assert model.bulge.Re == 1.5 * TRUTH.bulge.Re


def test_each_pixel_counts_by_its_own_sigma():
    """The mean of squares in sigma over good pixels, whatever the sigma is."""
    pixels = observed()
    pixels.sigma = pixels.sigma * np.linspace(0.3, 3.0, pixels.sigma.shape[1])
    model = replace(TRUTH, disk=replace(TRUTH.disk, I=0.13))
    found = best_individual(volunteers(model), pixels)
    image = render(model, pixels.image.shape, pixels.psf)
    miss = ((pixels.image - image) / pixels.sigma)[~pixels.mask]
    assert found["chisq"] == pytest.approx(np.mean(miss**2), rel=0.02)
    assert found["n_volunteers"] == 1
