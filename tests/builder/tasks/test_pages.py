"""A page from the files of a subject."""

import invented_galaxy
import pytest
from PIL import Image
from skyloom.builder.images.cutout_files import write_no_cutout
from skyloom.builder.products import figures
from skyloom.builder.tasks.pages import plot_subject
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError, InputError
from skyloom.run.provenance import Recipe

RECIPE = Recipe({}, "c")
ARM = {
    "crowd": None, "pitch_angle": 18.0, "pitch_angle_err": 1.0, "flags": [],
    "pitch_angle_crowd": None, "pitch_angle_fit": 18.0, "chirality": 1,
}  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Return the files of a galaxy that was fitted."""
    tree = invented_galaxy.tuned(sets=[], probability={}, arms=[ARM, ARM])
    tree["components"] = ["disk", "bulge", "bar", "spiral"]
    return invented_galaxy.fitted_files(tmp_path, 7, tree)


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
