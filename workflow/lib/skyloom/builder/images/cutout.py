"""The pixels of one galaxy: image, sigma, mask, PSF and what is known about them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from skyloom.builder.images.astrometry import celestial_cards
from skyloom.builder.images.noise import sigma_from_sky_and_gain
from skyloom.builder.images.pixels import (
    above_zero,
    array,
    bad_pixels,
    check_flags,
    given_sigma,
    note,
    unit_psf,
)
from skyloom.io.documents import plain, read_json
from skyloom.io.errors import DatumError, InputError
from skyloom.io.fits import write_images
from skyloom.io.npz import read_npz, write_npz
from skyloom.io.record import cards

SIGMA_SOURCES = ("given", "sky_and_gain")
STORED = {
    "subject_id": ("iu", 0),
    "image": ("f", 2),
    "sigma": ("f", 2),
    "mask": ("b", 2),
    "psf": ("f", 2),
    "multiplier": ("f", 0),
    "sigma_source": ("U", 0),
    "rotation": ("iu", 0),
    "metadata": ("U", 0),
    "header": ("U", 0),
    "notes": ("U", 0),
}
UPSTREAM = {
    "image": ("f", 2),
    "mask": ("biu", 2),
    "psf": ("f", 2),
    "multiplier": ("fiu", 0),
}


@dataclass(frozen=True, slots=True)
class Cutout:
    """A galaxy's pixels.

    Attributes
    ----------
    subject_id : int
        The Zooniverse subject.
    image : ndarray of float64, shape (ny, nx)
        Sky-subtracted surface brightness [image units]; 0 on bad pixels that had no
        number.
    sigma : ndarray of float64, shape (ny, nx)
        Standard deviation [image units], above 0 everywhere.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    psf : ndarray of float64, shape (odd, odd)
        Point-spread function, sum 1.
    multiplier : float
        Nanomaggies an image unit.
    sigma_source : str
        ``"given"`` or ``"sky_and_gain"``.
    rotation : int
        Quarter turns (``np.rot90``) already applied to the uploaded image.
    metadata : dict
        What the survey says: ra, dec [deg], redshift, ...
    header : dict
        WCS cards; empty when the place on the sky is unknown.
    notes : tuple of str
        What was repaired on the way in.
    """

    subject_id: int
    image: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    psf: np.ndarray
    multiplier: float
    sigma_source: str = "given"
    rotation: int = 0
    metadata: dict = field(default_factory=dict)
    header: dict = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """``(ny, nx)`` [px]."""
        return self.image.shape


def make_cutout(
    path: str | Path,
    subject_id: int,
    *,
    image,
    mask,
    psf,
    multiplier,
    sigma=None,
    metadata: Mapping | None = None,
    **noise,
) -> Cutout:
    """Validate pixels and build a cutout.

    Parameters
    ----------
    path : str or Path
        Where they come from, for the messages.
    subject_id : int
        The subject.
    image, mask, sigma : array_like, shape (ny, nx)
        See `Cutout`; without `sigma` one is built from sky and gain.
    psf : array_like, shape (odd, odd)
        Its sum may miss 1 by up to 5 %.
    multiplier : float
        Nanomaggies an image unit.
    metadata : mapping, optional
        Kept as it is.
    **noise
        For `noise.sigma_from_sky_and_gain`: gain, calibration, frames, smoothing.

    Raises
    ------
    InputError
        Naming the key: not numbers, shapes that differ, no good pixel, a PSF that is
        not 2-D and odd, clearly negative or of another sum, a sigma below 0, or a
        multiplier that is not above 0.
    """
    image = array(path, "image", image)
    mask = bad_pixels(path, mask, image.shape)
    notes: list[str] = []
    mask = mask | note(notes, ~np.isfinite(image) & ~mask, "pixels without a number")
    if mask.all():
        problem = "no good pixel: all are masked or without a number"
        raise InputError(path, problem, where="key 'image'")
    multiplier = above_zero(path, "multiplier", multiplier)
    image = np.where(np.isfinite(image), image, 0.0)
    if sigma is None:
        sigma = _built_sigma(path, image, mask, multiplier, noise)
        source = "sky_and_gain"
    else:
        sigma, mask = given_sigma(path, sigma, mask, notes)
        source = "given"
    return Cutout(
        subject_id=int(subject_id),
        image=image,
        sigma=sigma,
        mask=mask,
        psf=unit_psf(path, psf, notes),
        multiplier=multiplier,
        sigma_source=source,
        metadata=dict(metadata or {}),
        notes=tuple(notes),
    )


def from_difference_json(path: str | Path, subject_id: int, **noise) -> Cutout:
    """Read the difference.json of a Zooniverse subject (mask: 1 is **bad**).

    A ``sigma_image``, which the project's own files lack, is used where there is one.

    Raises
    ------
    InputError
        See `make_cutout`; also for a missing key.
    """
    tree = _keys(path, ("imageData", "mask", "psf", "multiplier"))
    return make_cutout(
        path,
        subject_id,
        image=tree["imageData"],
        mask=tree["mask"],
        psf=tree["psf"],
        multiplier=tree["multiplier"],
        sigma=tree.get("sigma_image"),
        metadata=tree.get("metadata"),
        **noise,
    )


def from_metadata_json(path: str | Path, subject_id: int) -> Cutout:
    """Read upstream's fitting metadata as JSON (pixel_mask: true is **good**).

    Raises
    ------
    InputError
        See `make_cutout`; also for a missing key.
    """
    names = ("galaxy_data", "sigma_image", "pixel_mask", "psf", "multiplier")
    tree = _keys(path, names)
    good = array(path, "pixel_mask", tree["pixel_mask"])
    check_flags(path, "pixel_mask", good)
    return make_cutout(
        path,
        subject_id,
        image=tree["galaxy_data"],
        mask=good == 0,
        psf=tree["psf"],
        multiplier=tree["multiplier"],
        sigma=tree["sigma_image"],
    )


def from_upstream_npz(
    path: str | Path, subject_id: int, *, turns: int = 0, **noise
) -> Cutout:
    """Read an exported subject image and turn it to the frame's orientation.

    Parameters
    ----------
    path : str or Path
        ``images/<id>.npz``: image, mask (true is bad), psf, multiplier, metadata.
    subject_id : int
        The subject; for a repeat, not the one in the file's name.
    turns : int
        Of ``np.rot90``: `astrometry.image_turns`.
    **noise
        See `make_cutout`: the files have no sigma image.

    Raises
    ------
    InputError
        See `make_cutout` and `read_npz`.
    """
    arrays = read_npz(path, UPSTREAM, {"metadata": ("U", 0)})
    metadata = _tree(path, "metadata", str(arrays.pop("metadata", "{}")))
    made = make_cutout(path, subject_id, **arrays, metadata=metadata, **noise)
    return turn(made, turns)


def turn(cutout: Cutout, turns: int) -> Cutout:
    """Return the cutout after ``np.rot90(..., turns)`` of all its arrays.

    Its place on the sky, if set, is forgotten: it was that of the old orientation.
    """
    if turns % 4 == 0:
        return cutout
    names = ("image", "sigma", "mask", "psf")
    turned = {
        name: np.ascontiguousarray(np.rot90(getattr(cutout, name), turns))
        for name in names
    }
    rotation = (cutout.rotation + turns) % 4
    return dataclasses.replace(cutout, **turned, rotation=rotation, header={})


def place(cutout: Cutout, ra: float, dec: float, north: float | None) -> Cutout:
    """Return the cutout with its place on the sky; see `astrometry`.

    Parameters
    ----------
    cutout : Cutout
        In its final orientation.
    ra, dec : float
        Of its middle [deg, ICRS].
    north : float or None
        Direction of north, counter-clockwise from +y [rad], or None if unknown.
    """
    cards = celestial_cards(cutout.shape, ra, dec, north)
    return dataclasses.replace(cutout, header=cards)


def write_cutout(path: str | Path, cutout: Cutout) -> None:
    """Write a cutout as npz: same cutout, same bytes."""
    values = {name: getattr(cutout, name) for name in STORED}
    for name in ("metadata", "header", "notes"):
        values[name] = json.dumps(plain(values[name]), sort_keys=True)
    values["multiplier"] = np.float64(values["multiplier"])
    write_npz(path, **values)


def read_cutout(path: str | Path) -> Cutout:
    """Read what `write_cutout` wrote, and check it again.

    Raises
    ------
    InputError
        See `read_npz` and `make_cutout`.
    """
    arrays = read_npz(path, STORED)
    values = {k: arrays[k].item() for k, (_, ndim) in STORED.items() if ndim == 0}
    trees = {k: _tree(path, k, values[k]) for k in ("metadata", "header", "notes")}
    if values["sigma_source"] not in SIGMA_SOURCES:
        problem = f"sigma_source {values['sigma_source']!r}"
        raise InputError(path, problem, expected=f"one of {SIGMA_SOURCES}")
    pixels = {k: arrays[k] for k in ("image", "sigma", "mask", "psf")}
    checked = make_cutout(
        path, values["subject_id"], **pixels, multiplier=values["multiplier"]
    )
    return dataclasses.replace(
        checked,
        psf=arrays["psf"],  # bit for bit: not divided by its sum once more
        sigma_source=values["sigma_source"],
        rotation=values["rotation"],
        metadata=trees["metadata"],
        header={k: tuple(v) for k, v in trees["header"].items()},
        notes=tuple(trees["notes"]),
    )


def write_cutout_fits(path: str | Path, cutout: Cutout) -> None:
    """Write a cutout as FITS: SCI, ERR, MASK and PSF, with the WCS cards."""
    unit = {"BUNIT": (f"{cutout.multiplier:.8g} nmgy", "an image unit")}
    sky = dict(cutout.header)
    primary = {
        "OBJECT": (str(cutout.subject_id), "Zooniverse subject"),
        "MULT": (cutout.multiplier, "[nmgy] an image unit"),
        "SIGSRC": (cutout.sigma_source, "what ERR was made from"),
        "ROTATION": (cutout.rotation, "quarter turns applied to the upload"),
    }
    primary |= {f"NOTE{i}": note for i, note in enumerate(cutout.notes, start=1)}
    if "provenance" in cutout.metadata:
        primary |= cards(cutout.metadata["provenance"])
    images = {
        "SCI": (cutout.image, sky | unit),
        "ERR": (cutout.sigma, sky | unit),
        "MASK": (cutout.mask, sky | {"BADVALUE": (1, "value of a bad pixel")}),
        "PSF": (cutout.psf, {}),
    }
    write_images(path, images, primary)


def _keys(path, names) -> dict:
    tree = read_json(path, nonfinite=True)
    for name in names:
        if name not in tree:
            expected = f"it among {sorted(tree)[:12]}"
            raise InputError(path, "missing", where=f"key {name!r}", expected=expected)
    return tree


def _tree(path, name: str, text: str):
    try:
        return json.loads(text)
    except json.JSONDecodeError as bad:
        problem = f"not JSON ({bad})"
        raise InputError(path, problem, where=f"key {name!r}") from None


def _built_sigma(path, image, mask, multiplier, noise: Mapping) -> np.ndarray:
    try:
        return sigma_from_sky_and_gain(image, mask, multiplier, **noise)
    except DatumError as bad:
        where = "sigma from sky and gain"
        remedy = "give a sigma image"
        raise InputError(path, str(bad), where=where, remedy=remedy) from None
