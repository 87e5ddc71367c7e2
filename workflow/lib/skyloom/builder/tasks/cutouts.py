"""One subject's cutout, from the raw files of any source."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

from skyloom.builder.config import Noise
from skyloom.builder.drawings.subjects import read_metadata
from skyloom.builder.images.astrometry import image_turns, north, quarter_turns
from skyloom.builder.images.cutout import Cutout, place
from skyloom.builder.images.cutout_files import (
    from_difference_json,
    from_metadata_json,
    from_upstream_npz,
    write_cutout,
    write_cutout_fits,
    write_no_cutout,
)
from skyloom.builder.tasks.files import Files, Paths
from skyloom.io.errors import DatumError, InputError, raw_datum
from skyloom.run.provenance import Recipe

ANGLES = ("montage_angle", "original_angle")
TURN = 6.2832  # rad, as `read_metadata` allows
TABLE = "gal-metadata.csv"


def metadata_rows(paths: Iterable[str | Path]) -> dict[int, dict]:
    """Read gal-metadata tables: subject id to row, without its empty cells."""
    rows: dict[int, dict] = {}
    for path in paths:
        for row in read_metadata(path).to_dict("records"):
            filled = {k: v for k, v in row.items() if not pd.isna(v)}
            rows[int(row["subject_id"])] = filled
    return rows


def cut_subject(
    subject: int,
    paths: Paths,
    *,
    files: Files,
    metadata: Mapping[int, Mapping],
    tables: Iterable[str | Path],
    first: Mapping[int, int],
    recipe: Recipe,
) -> None:
    """Make a subject's cutout and write it as ``npz`` and as ``fits``.

    Parameters
    ----------
    files : mapping of str to mapping of int to path
        Raw files that exist, by kind: ``images`` of upstream, or ``subject_data``
        and ``fitting_data`` of Zooniverse, of which the latter goes first.
    metadata : mapping of int to mapping
        From `metadata_rows` of the `tables`.
    first : mapping of int to int
        The subject whose image a repeated one shares. It need not be of the run: the
        angles in the repeat's own row are those of the shared image.

    Raises
    ------
    DatumError
        If there is no image, or it cannot be used.
    InputError
        If the image is missing now, or ours and damaged: the job stops.
    """
    kind, owner = _found(subject, files, first)
    path, row = files[kind][owner], metadata.get(subject, {})
    noise = Noise.stated(recipe.settings["noise"])
    # A simulated file is our own: damaged, it is made again, and no failure.
    ours = recipe.settings.get("source") == "simulated"
    with nullcontext() if ours else raw_datum():
        cutout = _placed(_read(kind, path, subject, row, noise), row, path)
    made_of = {"provenance": recipe.record([path, *tables])}
    cutout = dataclasses.replace(cutout, metadata=row | made_of)
    write_cutout(paths["npz"], cutout)
    write_cutout_fits(paths["fits"], cutout)


def failed_cutout(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write both files of a subject that has no usable image."""
    write_no_cutout(paths["npz"], paths["fits"], subject, reason, recipe.record())


def _found(subject: int, files: Mapping, first: Mapping) -> tuple[str, int]:
    for owner in (subject, first.get(subject)):
        for kind in ("fitting_data", "images", "subject_data"):
            if owner in files.get(kind, {}):
                return kind, owner
    msg = "no image"
    raise DatumError(msg)


def _read(kind: str, path: str, subject: int, row: Mapping, noise: Noise) -> Cutout:
    if kind == "images":
        return from_upstream_npz(path, subject, _turns(row), noise)
    if kind == "fitting_data":
        return from_metadata_json(path, subject, noise)
    return from_difference_json(path, subject, noise)


def _angle(known: Mapping, key: str, low: float, high: float, path) -> float | None:
    """Return an angle, None where there is none; InputError if it cannot be one."""
    value = known.get(key)
    if value is None:
        return None
    try:
        angle = float(value)
    except (TypeError, ValueError, OverflowError):
        angle = math.nan
    if not low <= angle <= high:
        expected = f"a number from {low:g} to {high:g}"
        raise InputError(path, f"got {value!r}", where=key, expected=expected)
    return angle


def _turns(row: Mapping) -> int | None:
    """Return the turns from the upload to the frame, None without both angles."""
    angles = [_angle(row, name, -TURN, TURN, TABLE) for name in ANGLES]
    return None if None in angles else image_turns(quarter_turns(*angles))


def _placed(cutout: Cutout, row: Mapping, path: str) -> Cutout:
    """Place a cutout on the sky as far as its metadata tell.

    An upload is centred on the position of its subject, which is up to 14 arcsec from
    that of the galaxy in the NASA-Sloan Atlas.
    """
    where = {"ra": row.get("RA"), "dec": row.get("DEC"), **cutout.metadata}
    ra, dec = _angle(where, "ra", 0, 360, path), _angle(where, "dec", -90, 90, path)
    if ra is None or dec is None:
        return cutout
    turns, phi = _turns(row), _angle(row, "PETRO_PHI90", -360, 360, TABLE)
    direction = None
    if turns is not None and phi is not None:
        left = turns - cutout.rotation
        direction = north(float(row["original_angle"]), phi, left)
    return place(cutout, ra, dec, direction)
