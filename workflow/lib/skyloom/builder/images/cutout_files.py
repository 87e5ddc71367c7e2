"""Files of cutouts: the sources that they are read from, and our own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skyloom.builder.config import Noise
from skyloom.builder.images.cutout import Cutout, make_cutout, turn
from skyloom.builder.images.pixels import PSF_EXACT, flags, wrong
from skyloom.io.documents import plain, read_json
from skyloom.io.errors import REMADE, DatumError, InputError
from skyloom.io.fits import write_images
from skyloom.io.npz import read_npz, write_npz
from skyloom.io.record import cards, text

STORED = {
    "subject_id": ("iu", 0),
    "image": ("f", 2),
    "sigma": ("f", 2),
    "mask": ("b", 2),
    "psf": ("f", 2),
    "multiplier": ("f", 0),
    "sigma_source": ("U", 0),
    "rotation": ("iuf", 0),  # NaN: unknown
    "metadata": ("U", 0),
    "header": ("U", 0),
    "notes": ("U", 0),
}
TREES = {"metadata": dict, "header": dict, "notes": list}  # stored as JSON
UPSTREAM = {
    "image": ("f", 2),
    "mask": ("biu", 2),
    "psf": ("f", 2),
    "multiplier": ("fiu", 0),
}


def from_difference_json(path: str | Path, subject_id: int, noise: Noise) -> Cutout:
    """Read the difference.json of a Zooniverse subject (mask: 1 is **bad**).

    A ``sigma_image``, which the project's own files lack, is used where there is one.
    """
    tree = _keys(path, ("imageData", "mask", "psf", "multiplier"))
    given = {"sigma": tree.get("sigma_image"), "metadata": tree.get("metadata")}
    given |= {name: tree[name] for name in ("mask", "psf", "multiplier")}
    return make_cutout(path, subject_id, image=tree["imageData"], noise=noise, **given)


def from_metadata_json(
    path: str | Path, subject_id: int, noise: Noise | None = None
) -> Cutout:
    """Read upstream's fitting metadata as JSON (pixel_mask: true is **good**)."""
    names = ("galaxy_data", "sigma_image", "pixel_mask", "psf", "multiplier")
    tree = _keys(path, names)
    given = {"image": tree["galaxy_data"], "sigma": tree["sigma_image"]}
    given |= {"mask": ~flags(path, "pixel_mask", tree["pixel_mask"])}
    given |= {"psf": tree["psf"], "multiplier": tree["multiplier"]}
    return make_cutout(path, subject_id, noise=noise, **given)


def from_upstream_npz(
    path: str | Path, subject_id: int, turns: int | None, noise: Noise
) -> Cutout:
    """Read an exported subject image and turn it to the frame's orientation.

    Parameters
    ----------
    path : str or Path
        ``images/<id>.npz``: image, mask (true is bad), psf, multiplier, metadata.
    subject_id : int
        The subject; for a repeat, not the one in the file's name.
    turns : int or None
        Of ``np.rot90``: `astrometry.image_turns`; None if they are unknown.
    """
    arrays = read_npz(path, UPSTREAM, {"metadata": ("U", 0)})
    metadata = _tree(path, "metadata", str(arrays.pop("metadata", "{}")), dict)
    made = make_cutout(path, subject_id, **arrays, metadata=metadata, noise=noise)
    if turns is None:
        return dataclasses.replace(made, rotation=None)
    return turn(made, turns)


def write_cutout(path: str | Path, cutout: Cutout) -> None:
    """Write a cutout as npz: same cutout, same bytes."""
    values = {name: getattr(cutout, name) for name in STORED}
    for name in ("metadata", "header", "notes"):
        values[name] = json.dumps(plain(values[name]), sort_keys=True)
    values["multiplier"] = np.float64(values["multiplier"])
    if cutout.rotation is None:
        values["rotation"] = np.nan
    write_npz(path, **values)


def read_cutout(path: str | Path) -> Cutout:
    """Read what `write_cutout` wrote; InputError if it cannot be that."""
    arrays = read_npz(path, STORED)
    values = {k: v if v.ndim else v.item() for k, v in arrays.items()}
    values |= {k: _tree(path, k, values[k], kind) for k, kind in TREES.items()}
    unknown = np.isnan(values["rotation"])
    values["rotation"] = None if unknown else int(values["rotation"])
    if not all(isinstance(card, list) for card in values["header"].values()):
        raise wrong(path, "header", "no cards", "a value and a comment each")
    values["header"] = {k: tuple(v) for k, v in values["header"].items()}
    made = Cutout(**values | {"notes": tuple(values["notes"])})
    problem = _unsound(made)
    if problem:
        raise InputError(path, problem, expected="a whole cutout", remedy=REMADE)
    return made


def _unsound(cutout: Cutout) -> str:
    """Return what no cutout can be; nothing for a sound one."""
    shapes = {getattr(cutout, name).shape for name in ("image", "sigma", "mask")}
    planes = (cutout.image, cutout.sigma, cutout.psf)
    if len(shapes) > 1 or not cutout.image.size:
        return f"image, sigma and mask of the shapes {sorted(shapes)}"
    if not all(np.isfinite(plane).all() for plane in planes):
        return "pixels that are not finite"
    if not (cutout.sigma > 0).all() or not 0 < cutout.multiplier < np.inf:
        return "a sigma or multiplier that is not above 0"
    if abs(cutout.psf.sum() - 1) > PSF_EXACT:
        return f"a PSF of sum {cutout.psf.sum():g}"
    return ""


def usable_cutout(path: str | Path) -> Cutout:
    """Read a cutout.

    Raises
    ------
    DatumError
        If the file records why there is none.
    """
    reason = read_npz(path, {}, {"reason": ("U", 0)}).get("reason")
    if reason is not None:
        raise DatumError(str(reason))
    return read_cutout(path)


def cutout_or_reason(path: str | Path) -> tuple[Cutout | None, str]:
    """Read a cutout; or None, and the reason that its file records."""
    try:
        return usable_cutout(path), ""
    except DatumError as bad:
        return None, str(bad)


def cutout_or_none(path: str | Path) -> Cutout | None:
    """Read a cutout; None where its file records why there is none."""
    return cutout_or_reason(path)[0]


def write_no_cutout(
    npz: str | Path, fits: str | Path, subject: int, reason: str, provenance: Mapping
) -> None:
    """Write both files of a subject that has no usable image."""
    known = {"subject_id": np.int64(subject), "reason": np.str_(reason)}
    write_npz(npz, **known, provenance=text(provenance))
    header = {"OBJECT": str(subject), "STATUS": "failed", "REASON": card_text(reason)}
    write_images(fits, {}, header | cards(provenance))


def card_text(text: str) -> str:
    """Return what a FITS card has room for: some 60 characters of ASCII."""
    return text.encode("ascii", "replace").decode()[:60]


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
            raise wrong(path, name, "missing", f"it among {sorted(tree)[:12]}")
    return tree


def _tree(path, name: str, text: str, kind: type):
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise wrong(path, name, f"not JSON ({bad})") from None
    if not isinstance(tree, kind):
        raise wrong(path, name, f"a {type(tree).__name__}", f"a {kind.__name__}")
    return tree
