"""A page from the files of a subject."""

import dataclasses

import invented_galaxy
import numpy as np
import pytest
from PIL import Image
from skyloom.builder.fitting.tune import residual_images
from skyloom.builder.images.cutout import make_cutout
from skyloom.builder.images.cutout_files import write_cutout, write_no_cutout
from skyloom.builder.model import from_dict
from skyloom.builder.products import figures
from skyloom.builder.tasks.pages import plot_subject
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError, InputError
from skyloom.io.fits import write_images
from skyloom.run.provenance import Recipe

RECIPE = Recipe({}, "c")
ARM = {
    "crowd": None, "pitch_angle": 18.0, "pitch_angle_err": 1.0, "flags": [],
    "pitch_angle_crowd": None, "pitch_angle_fit": 18.0, "chirality": 1,
}  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Return the files of a galaxy that was fitted."""
    noise = np.random.default_rng(3).normal(0, 0.01, invented_galaxy.SHAPE)
    cutout = make_cutout(
        "x", 7, image=noise, mask=noise > 1, psf=np.ones((1, 1)), multiplier=2.0,
        sigma=np.full(invented_galaxy.SHAPE, 0.01),
    )  # fmt: skip
    tree = invented_galaxy.tuned(sets=[], probability={}, arms=[ARM, ARM])
    tree["components"] = ["disk", "bulge", "bar", "spiral"]
    planes = residual_images(from_dict(tree["model"]), cutout)
    cutout = dataclasses.replace(cutout, image=planes["MODEL"] + noise)
    kinds = ("cutouts", "volunteers", "aggregates", "models", "residuals")
    paths = {kind: tmp_path / kind / "7.file" for kind in kinds}
    write_cutout(paths["cutouts"], cutout)
    write_json(paths["volunteers"], invented_galaxy.volunteers())
    write_json(paths["aggregates"], invented_galaxy.aggregate())
    write_json(paths["models"], tree)
    write_images(paths["residuals"], {k: (p, {}) for k, p in planes.items()})
    return paths


def plot(files, folder):
    given = {kind: {7: path} for kind, path in files.items()}
    plot_subject(7, {"png": folder / "7.png"}, files=given, recipe=RECIPE)
    return folder / "7.png"


def test_page_of_a_fitted_galaxy(files, tmp_path):
    """It is there, and wider than high."""
    with Image.open(plot(files, tmp_path)) as image:
        assert image.width > 1.4 * image.height


def test_the_page_says_why_there_is_no_image(files, tmp_path, monkeypatch):
    """A refused PSF is no missing image."""
    record = RECIPE.record()
    write_no_cutout(files["cutouts"], tmp_path / "f.fits", 7, "psf: too deep", record)
    tree = invented_galaxy.failed("psf: too deep")
    write_json(files["models"], tree | {"components": [], "arms": []})
    told, galaxy = {}, figures.galaxy

    def listen(*given, **words):
        told.update(words)
        return galaxy(*given, **words)

    monkeypatch.setattr(figures, "galaxy", listen)
    plot(files, tmp_path)
    assert told["reason"] == "psf: too deep"


def test_no_image_and_no_drawing_is_no_page(files, tmp_path):
    """The reason is the crowd's."""
    write_no_cutout(files["cutouts"], tmp_path / "f.fits", 7, "x", RECIPE.record())
    nobody = invented_galaxy.aggregate(shape=None, model=None, reason="nobody drew")
    write_json(files["aggregates"], nobody)
    with pytest.raises(DatumError, match="nobody drew"):
        plot(files, tmp_path)


@pytest.mark.parametrize("kind", ["cutouts", "volunteers", "models", "residuals"])
def test_a_product_out_of_reach_is_no_failed_page(kind, files, tmp_path):
    """The job stops, and is run again."""
    files[kind].unlink()
    with pytest.raises(InputError, match="run the workflow again"):
        plot(files, tmp_path)
