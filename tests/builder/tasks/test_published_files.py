"""Our fits and the published ones on the same pixels, from their files."""

import numpy as np
import pytest
from skyloom.builder.fitting.render import render
from skyloom.builder.images.cutout import make_cutout
from skyloom.builder.images.cutout_files import write_cutout, write_no_cutout
from skyloom.builder.model import Model, Sersic, to_dict
from skyloom.builder.tasks.published import chisq_tree
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.run.provenance import Recipe

SHAPE = (40, 44)
DISK = Sersic(21.0, 19.0, 0.4, 0.6, 6.0, 1.0)
KINDS = ("models", "cutouts", "decoded")


def decoded(subject, Re=7.0, shape=SHAPE, **tuning):
    """Return what upstream has of a subject; its disk is larger than it is."""
    flat = {"mux": 21.0, "muy": 19.0, "roll": 0.4, "q": 0.6, "Re": Re, "L": 100.0}
    fit = {"fit_model": {f"disk.{k}": v for k, v in flat.items()}, "comp_sums": {}}
    known = {"subject": subject, "index": [], "models": []}
    return known | {"tuning": {"shape": list(shape)} | fit | tuning}


@pytest.fixture
def files(tmp_path):
    """Return the files of five galaxies: all has been fitted of the first two."""
    places = {kind: {i: tmp_path / f"{kind}{i}" for i in range(1, 6)} for kind in KINDS}
    noise = np.random.default_rng(3)
    for i in range(1, 6):
        image = render(Model(DISK), SHAPE) + noise.normal(0, 0.05, SHAPE)
        cutout = make_cutout(
            "x", i, image=image, mask=np.zeros(SHAPE), psf=np.ones((1, 1)),
            sigma=np.full(SHAPE, 0.05), multiplier=1.0,
        )  # fmt: skip
        write_cutout(places["cutouts"][i], cutout)
        write_json(places["models"][i], {"model": to_dict(Model(DISK))})
        write_json(places["decoded"][i], decoded(i), sealed=False)
    write_json(places["models"][3], {"model": None})
    write_json(places["decoded"][4], decoded(4, fit_model=None), sealed=False)
    write_json(places["decoded"][5], decoded(5, shape=(41, 44)), sealed=False)
    return places


def test_galaxies_that_have_both_are_compared(files):
    """The others are counted, with the reason."""
    tree = chisq_tree(range(1, 6), files)
    assert tree["no_worse"]["k"] == tree["n"] == 2
    assert [row["subject_id"] for row in tree["rows"]] == [1, 2]
    assert tree["left_out"] == {
        "no model of ours": 1,
        "no published model that can be read": 1,
        "published for a frame of another size": 1,
    }


def test_a_better_published_fit_counts_against_us(files):
    """Ours is then worse, and the share says so."""
    wide = Sersic(21.0, 19.0, 0.4, 0.6, 9.0, 1.0)
    write_json(files["models"][1], {"model": to_dict(Model(wide))})
    write_json(files["decoded"][1], decoded(1, Re=6.0), sealed=False)
    tree = chisq_tree([1, 2], files)
    assert (tree["no_worse"]["k"], tree["n"]) == (1, 2)


def test_the_reason_of_a_missing_image_is_the_cutout_s(files, tmp_path):
    record = Recipe({}, "c").record()
    write_no_cutout(files["cutouts"][1], tmp_path / "f.fits", 1, "psf refused", record)
    assert chisq_tree([1], files)["left_out"] == {"psf refused": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_out_of_reach_stops_the_comparison(kind, files):
    """A galaxy is not left out for a moment's hiccup."""
    files[kind][1].unlink()
    with pytest.raises(InputError, match="run the workflow again"):
        chisq_tree([1], files)
