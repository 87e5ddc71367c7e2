"""Measures of real pictures: nothing was tuned to them."""

import csv

import numpy as np
import pytest
from PIL import Image
from skyloom.spirals.measure.arms import arms
from skyloom.spirals.measure.ellipse import disk

pytestmark = pytest.mark.real


def picture(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))[::-1]


def test_real_galaxies_have_disks_in_the_middle(real):
    paths = sorted((real / "spirals" / "decals_rgb").glob("*.jpg"))[::15]
    assert len(paths) > 20
    found = [disk(picture(path)) for path in paths]
    assert all(one is not None for one in found)
    off = [np.hypot(one.x - 211.5, one.y - 211.5) for one in found]
    assert np.median(off) < 3
    assert max(off) < 0.06 * 424
    assert all(0.2 < one.ratio <= 1 and 15 < one.radius < 212 for one in found)


def test_arms_called_loose_are_more_open_than_those_called_tight(real):
    folder = real / "spirals" / "gz_decals_help_images"
    with (folder / "labels.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["question"] == "spiral-winding"]
    pitches = {"tight": [], "medium": [], "loose": []}
    for row in rows:
        image = picture(folder / row["file"])
        # Without a map: all of the disk may be arm.
        share, rng = np.ones(image.shape[:2]), np.random.default_rng(0)
        pitches[row["answer"]].append(arms(share, image, disk(image), rng).pitch)
    middle = {answer: np.nanmedian(found) for answer, found in pitches.items()}
    assert middle["tight"] < middle["loose"] - 2
    assert middle["tight"] < middle["medium"]
    assert all(10 < one < 40 for one in middle.values())
