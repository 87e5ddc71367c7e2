"""Images that cannot be used: each a clear error, and nothing else harmed."""

import json

import numpy as np
from bad_input import as_json, less, named, npz_of, refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyloom.builder.config import Noise
from skyloom.builder.images.cutout_files import (
    from_difference_json,
    from_metadata_json,
    from_upstream_npz,
    read_cutout,
    write_cutout,
)
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz

RNG = np.random.default_rng(5)
SHAPE = (40, 40)
PSF = np.array([[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]])
IMAGE = RNG.normal(0, 0.02, SHAPE)
CLEAR = np.zeros(SHAPE, int)
DIFFERENCE = {"imageData": IMAGE, "mask": CLEAR, "psf": PSF, "multiplier": 1.5}
NPZ = {"image": IMAGE, "mask": CLEAR > 0, "psf": PSF, "multiplier": 1.5}
FITTING = {
    "galaxy_data": IMAGE,
    "sigma_image": np.ones(SHAPE),
    "pixel_mask": CLEAR == 0,
    "psf": PSF,
    "multiplier": 1.5,
}


def stored_cutout(**changes):
    def write(path):
        np.savez(path.with_suffix(".src.npz"), **NPZ)
        whole = from_upstream_npz(path.with_suffix(".src.npz"), 7, 0, Noise())
        path.with_suffix(".src.npz").unlink()
        write_cutout(path, whole)
        write_npz(path, **{**read_npz(path), **changes})

    return write


def json_cutout(path):
    return from_difference_json(path, 7, Noise())


def json_fitting(path):
    return from_metadata_json(path, 7)


def npz_cutout(path):
    return from_upstream_npz(path, 7, 0, Noise())


nan_image = np.full(SHAPE, np.nan)
ERRORS = [
    ("no mask", as_json(less(DIFFERENCE, "mask")), json_cutout, "'mask': missing"),
    ("NaN image", npz_of(NPZ, image=nan_image), npz_cutout, "no good pixel"),
    ("all masked", as_json(DIFFERENCE, mask=CLEAR + 1), json_cutout, "no good pixel"),
    (
        "text in the image",
        as_json(DIFFERENCE, imageData=[["x"]]),
        json_cutout,
        "numbers",
    ),
    (
        "ragged image",
        json.dumps({**json.loads(as_json(DIFFERENCE)), "imageData": [[1], [1, 2]]}),
        json_cutout,
        "'image': not numbers; expected a regular 2-D array",
    ),
    ("image without pixels", as_json(DIFFERENCE, imageData=[[]]), json_cutout, "shape"),
    ("cube for image", as_json(DIFFERENCE, imageData=[IMAGE]), json_cutout, "2 dim"),
    (
        "mask of another shape",
        as_json(DIFFERENCE, mask=CLEAR[1:]),
        json_cutout,
        r"'mask': shape \(39, 40\); expected that of the image, \(40, 40\)",
    ),
    (
        "mask of 2",
        as_json(DIFFERENCE, mask=CLEAR + 2),
        json_cutout,
        "other than 0 and 1",
    ),
    ("PSF of even sides", as_json(DIFFERENCE, psf=PSF[:2]), json_cutout, "odd sides"),
    (
        "PSF of one dimension",
        as_json(DIFFERENCE, psf=[1.0]),
        json_cutout,
        "'psf': shape",
    ),
    (
        "PSF of sum 2",
        as_json(DIFFERENCE, psf=2 * PSF),
        json_cutout,
        "sum 2; expected 1",
    ),
    ("PSF of sum 0", as_json(DIFFERENCE, psf=0 * PSF), json_cutout, "sum 0"),
    ("PSF NaN", npz_of(NPZ, psf=PSF * np.nan), npz_cutout, "'psf': not finite"),
    (
        "PSF below zero",
        as_json(DIFFERENCE, psf=np.array([[-0.3, 0.8, 0.5]])),
        json_cutout,
        "values down to -37 % of the peak",
    ),
    ("multiplier 0", as_json(DIFFERENCE, multiplier=0), json_cutout, "multiplier is 0"),
    ("multiplier text", as_json(DIFFERENCE, multiplier="x"), json_cutout, "multiplier"),
    ("pixel beyond all", as_json(DIFFERENCE, psf=[[1e308]]), json_cutout, "beyond 1e"),
    (
        "multiplier of 400 digits",
        as_json(DIFFERENCE).replace(b"1.5}", b"9" * 400 + b"}"),
        json_cutout,
        "numbers",
    ),
    (
        "list for metadata",
        as_json(DIFFERENCE, metadata=[1]),
        json_cutout,
        "a list; exp",
    ),
    ("no noise", as_json(DIFFERENCE, imageData=CLEAR), json_cutout, "does not vary"),
    (
        "sigma below zero",
        as_json(FITTING, sigma_image=-np.ones(SHAPE)),
        json_fitting,
        "'sigma': values below 0",
    ),
    (
        "sigma of another shape",
        as_json(FITTING, sigma_image=[[1.0]]),
        json_fitting,
        r"'sigma': shape \(1, 1\)",
    ),
    (
        "sigma nowhere",
        as_json(FITTING, sigma_image=CLEAR),
        json_fitting,
        "no pixel has both",
    ),
    (
        "good-pixel mask of 2",
        as_json(FITTING, pixel_mask=CLEAR + 2),
        json_fitting,
        "'pixel_mask': values other",
    ),
    ("npz metadata no JSON", npz_of(NPZ, metadata="{"), npz_cutout, "'metadata': not"),
    ("ours, no header", stored_cutout(header=np.array("[]")), read_cutout, "a list; e"),
    (
        "ours, no cards",
        stored_cutout(header=np.array('{"A": 1}')),
        read_cutout,
        "cards",
    ),
    ("ours, no sigma", stored_cutout(sigma=CLEAR * 0.0), read_cutout, "above 0; .*del"),
    ("ours, a gap", stored_cutout(image=nan_image), read_cutout, "not finite"),
    ("ours, shapes", stored_cutout(mask=CLEAR[1:] > 0), read_cutout, "of the shapes"),
    ("ours, PSF", stored_cutout(psf=2 * PSF), read_cutout, "a PSF of sum 2"),
    (
        "cutout with a broken header",
        stored_cutout(header=np.array("{")),
        read_cutout,
        "'header': not JSON",
    ),
]


@named(ERRORS)
def test_image_that_cannot_be_used(case, tmp_path):
    refused(case, tmp_path)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.floats(0, 1), noise=st.binary(max_size=3))
def test_fuzz_damaged_image_file(cut, noise, tmp_path):
    """A damaged npz is an error or a valid cutout, never another exception."""
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **NPZ)
    raw = path.read_bytes()
    place = int(cut * len(raw))
    path.write_bytes(raw[:place] + noise + raw[place + 2 :])
    try:
        cutout = from_upstream_npz(path, 7, 0, Noise())
    except InputError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
    else:
        assert (cutout.sigma > 0).all()
