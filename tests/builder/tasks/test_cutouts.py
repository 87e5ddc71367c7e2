"""A subject's cutout and its place on the sky, from simulated and made-up files."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy.wcs import WCS
from skyloom.builder.config import Noise
from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.images.cutout_files import read_cutout
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.simulation.files import (
    NORTH,
    simulate_subject,
    upload_turns,
    write_survey,
)
from skyloom.builder.tasks.cutouts import cut_subject, metadata_rows
from skyloom.io.documents import write_json
from skyloom.run.provenance import Recipe

SMALL = GalaxySettings(size=(60, 70), n_volunteers=4)


def north_and_east(header) -> tuple[float, float]:
    """Return where north and east lie, counter-clockwise from +y [rad]."""
    wcs = WCS({key: value for key, (value, _) in header.items()})
    ra, dec = wcs.wcs.crval
    step = 1e-3
    sky = [[ra, dec], [ra, dec + step], [ra + step / math.cos(math.radians(dec)), dec]]
    middle, *ends = wcs.all_world2pix(sky, 0)
    return tuple(math.atan2(-(end - middle)[0], (end - middle)[1]) for end in ends)


def cut(subject, files, metadata, folder, first=None):
    """Cut one subject and return its cutout."""
    paths = {kind: folder / f"{subject}.{kind}" for kind in ("npz", "fits")}
    given = {
        "first": first or {},
        "recipe": Recipe({"noise": Noise().model_dump()}, "c"),
    }
    table = folder / "gal-metadata.csv"
    table.write_text("subject_id\n")
    known = {"metadata": metadata, "tables": [table]}
    cut_subject(subject, paths, files=files, **known, **given)
    return read_cutout(paths["npz"])


@pytest.mark.parametrize("subject", [100002, 100003])
def test_north_of_a_turned_upload_turns_with_it(checkout, tmp_path, subject):
    """A frame is the upload after rot90: its north is the upload's, turned back."""
    crowd = read_crowd(checkout / "resources" / "builder_crowd.json")
    survey = simulate_subject(3, subject, SMALL, crowd)
    names = ("classifications", "subjects", "gal_metadata", "truth")
    places = {name: tmp_path / f"{name}.csv" for name in names}
    upload = tmp_path / "difference.json"
    write_survey([survey], **places, data={subject: upload})
    rows = metadata_rows([places["gal_metadata"]])
    made = cut(subject, {"subject_data": {subject: upload}}, rows, tmp_path)
    north, east = north_and_east(made.header)
    turned = NORTH + upload_turns(subject) * math.pi / 2
    assert north == pytest.approx(turned, abs=1e-4)
    assert (east - north) % (2 * math.pi) == pytest.approx(math.pi / 2, abs=1e-4)


@pytest.mark.parametrize("quarter", [0, 1, -1, 2])
@pytest.mark.parametrize("frame_north", [-0.4, -1.3, -2.9])
def test_an_image_and_its_turned_self_show_one_sky(tmp_path, quarter, frame_north):
    """A star has one position, whether in the upload or in the turned cutout."""
    shape, star, phi, rng = (41, 41), (33, 9), 25.0, np.random.default_rng(5)
    image = rng.normal(0, 0.01, shape)
    image[star] = 5.0
    pixels = {"mask": np.zeros(shape, bool), "psf": np.eye(1), "multiplier": 1.0}
    original = -(frame_north + math.radians(phi))
    row = {"RA": 150.0, "DEC": 20.0, "PETRO_PHI90": phi, "original_angle": original}
    row["montage_angle"] = original + quarter * math.pi / 2
    upload, exported = tmp_path / "difference.json", tmp_path / "image.npz"
    np.savez(exported, image=image, **pixels)
    trees = {key: np.asarray(value).tolist() for key, value in pixels.items()}
    write_json(
        upload,
        trees | {"imageData": image.tolist(), "mask": np.zeros(shape, int).tolist()},
    )
    places = []
    for kind, path in (("subject_data", upload), ("images", exported)):
        made = cut(7, {kind: {7: path}}, {7: row}, tmp_path)
        y, x = np.unravel_index(made.image.argmax(), shape)
        wcs = WCS({key: value for key, (value, _) in made.header.items()})
        places.append(wcs.all_pix2world([[x, y]], 0)[0])
    assert places[0] == pytest.approx(places[1], abs=1e-7)
    found, _ = north_and_east(made.header)
    assert found == pytest.approx(frame_north, abs=1e-4)


def test_a_repeat_is_turned_though_its_first_is_not_of_the_run(tmp_path):
    """The repeat's own angles say how the image that it shares was turned."""
    image = np.random.default_rng(5).normal(0, 0.01, (41, 41))
    path, none = tmp_path / "image.npz", np.zeros((41, 41), bool)
    np.savez(path, image=image, mask=none, psf=np.eye(1), multiplier=1.0)
    row = {"original_angle": 0.3, "montage_angle": 0.3 - math.pi / 2}
    made = cut(7, {"images": {5: path}}, {7: row}, tmp_path, {7: 5})
    assert made.rotation == 1
    assert made.image == pytest.approx(np.rot90(image))


def test_without_both_angles_no_orientation_is_claimed(tmp_path):
    """One angle tells nothing of the turn, so no WCS is written."""
    image = np.random.default_rng(5).normal(0, 0.01, (41, 41))
    path, none = tmp_path / "image.npz", np.zeros((41, 41), bool)
    np.savez(path, image=image, mask=none, psf=np.eye(1), multiplier=1.0)
    row = {"RA": 150.0, "DEC": 20.0, "PETRO_PHI90": 25.0, "original_angle": 0.3}
    made = cut(7, {"images": {7: path}}, {7: row}, tmp_path)
    assert "CTYPE1" not in made.header
    assert made.rotation is None


def test_cutout_names_all_it_is_made_from(tmp_path):
    """Its place comes from the table of metadata, which so counts as an input."""
    image = np.random.default_rng(5).normal(0, 0.01, (41, 41))
    path, none = tmp_path / "image.npz", np.zeros((41, 41), bool)
    np.savez(path, image=image, mask=none, psf=np.eye(1), multiplier=1.0)
    made = cut(7, {"images": {7: path}}, {7: {}}, tmp_path)
    inputs = made.metadata["provenance"]["inputs"]
    assert list(inputs) == ["gal-metadata.csv", "image.npz"]
