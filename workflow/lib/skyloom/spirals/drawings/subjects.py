"""Galaxy Builder's published subjects: an image in r, and what 30 volunteers drew.

What their files hold, as was measured for the area `builder`:

* The image's first row is at the bottom. Volunteers' positions are those of the SDSS
  frame, of which the image is a quarter turn off where the two position angles in
  ``gal-metadata.csv`` say so, and half a pixel more, turned alike.
* North in the frame is where its position angle and the Petrosian one on the sky
  meet; of the two directions, the one that SDSS's frames have. The middle of the image
  is the subject's position, within half a pixel.

Source: Lingard et al. 2020, ApJ 900, 178, and its data release.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

from skyloom.io.cells import CellError
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError, InputError
from skyloom.io.identifiers import integers
from skyloom.io.npz import read_npz
from skyloom.io.rows import header
from skyloom.io.tables import Column, read_csv
from skyloom.spirals.cutouts.files import NATIVE, Cutout
from skyloom.spirals.drawings.shapes import HALF_WIDTH, box, stroke_areas
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.segmaps.marks import FAR, Drawing, Marks

PIXEL = 0.396  # arcsec, SDSS
# Sides of images are four Petrosian radii, those of Galaxy Zoo DECaLS's pictures about
# twice that: galaxies are to be as large on both.
WIDER = 2.0
LEAST_REDSHIFT = 0.001  # of one that is a distance: 300 km/s
KEYS = ("subject_id", "Unnamed: 0")  # columns with the subject
ANGLES = ("montage_angle", "original_angle", "PETRO_PHI90")
LARGEST = 1e15  # of pixels and of their unit, whose product is a float32
MASKED = 0.2  # largest share of masked pixels, which are black in the image
ARRAYS = {
    "image": ("f", 2),
    "mask": ("b", 2),
    "multiplier": ("fiu", 0),
    "metadata": ("U", 0),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """How a subject's image lies.

    Attributes
    ----------
    quarters : int
        Turns from the volunteers' image to the frame: 0, 1 or 2; of the image itself,
        only an odd one (``np.rot90``).
    north : float
        Its direction in the frame, counter-clockwise from +y [rad].
    """

    quarters: int
    north: float

    @property
    def half_pixel(self) -> np.ndarray:
        """What half a pixel of the volunteers' image became in the frame, (x, y)."""
        moved = (0.5 + 0.5j) * (-1j) ** self.quarters
        return np.array([moved.real, moved.imag])


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A galaxy of Galaxy Builder.

    Attributes
    ----------
    cutout : Cutout
        Its r-band image, with world coordinates.
    marks : Marks
        What volunteers drew, on a canvas of the image's field, north up.
    redshift : float
        NaN where it is none, or too small to be a distance.
    """

    cutout: Cutout
    marks: Marks
    redshift: float


def read_turns(path: str | Path) -> dict[int, Turn]:
    """Read how each subject's image lies, of ``gal-metadata.csv``.

    Raises
    ------
    InputError
        No such table, or an angle that is no number.
    """
    key = next((key for key in KEYS if key in header(path, KEYS)), KEYS[0])
    angle = Column("float", low=-360, high=360)
    schema = {key: Column("int", unique=True), **dict.fromkeys(ANGLES, angle)}
    rows = read_csv(path, schema).itertuples(index=False)
    return {int(subject): _turn(*angles) for subject, *angles in rows}


def _turn(montage: float, original: float, petro_phi: float) -> Turn:
    """Return a turn; the first two angles clockwise from +y [rad], on the sky [deg]."""
    quarters = round((montage - original) / (math.pi / 2)) % 4
    north = -((original + math.radians(petro_phi)) % math.pi)
    return Turn(1 if quarters % 2 else quarters, north)


def read_subject(models: str | Path, image: str | Path, turn: Turn) -> Subject:
    """Read the files of a subject.

    Parameters
    ----------
    models : str or Path
        ``models/<subject>.json.gz``.
    image : str or Path
        ``images/<subject>.npz``.
    turn : Turn
        Of `read_turns`.

    Raises
    ------
    InputError
        Damaged, a missing key, or a position or shape that is none.
    DatumError
        Too much of the image is masked.
    """
    arrays = read_npz(image, ARRAYS)
    masked = float(arrays["mask"].mean())
    if masked > MASKED:
        msg = f"{masked:.0%} of the image is masked, expected {MASKED:.0%} at most"
        raise DatumError(msg)
    ra, dec, redshift = _metadata(image, str(arrays["metadata"]))
    pixels = arrays["image"]
    if (np.isfinite(pixels) & (np.abs(pixels) > LARGEST)).any():
        problem = f"numbers beyond {LARGEST:g}"
        raise InputError(image, problem, where="key 'image'", expected="NaN if unknown")
    frame = np.rot90(pixels, turn.quarters % 2).astype(np.float32)
    if min(frame.shape) < 16 or not np.isfinite(frame).any():
        problem = f"an image of {frame.shape} px, or without numbers"
        raise InputError(image, problem, where="key 'image'")
    wcs = sdss_wcs(ra, dec, frame.shape, turn.north)
    unit = float(arrays["multiplier"]) * (NATIVE / PIXEL) ** 2
    if not 0 < unit < LARGEST:
        problem = f"got {arrays['multiplier']}"
        raise InputError(image, problem, where="key 'multiplier'", expected="above 0")
    flux = np.where(np.isfinite(frame), frame * np.float32(unit), np.nan)
    canvas = Canvas(ra, dec, PIXEL, min(frame.shape))
    spiral, bar, ids = _drawings(models, wcs, canvas, turn.half_pixel)
    marks = Marks(canvas, spiral, bar, ids, ids)
    flux, wcs = _widened(flux, wcs)
    return Subject(Cutout(flux[None], "r", wcs), marks, redshift)


def _widened(flux: np.ndarray, wcs: WCS) -> tuple[np.ndarray, WCS]:
    """Return an image with as much sky about it as pictures of Galaxy Zoo have."""
    ny, nx = (int(side * (WIDER - 1) / 2) for side in flux.shape)
    edge = np.concatenate([flux[0], flux[-1], flux[:, 0], flux[:, -1]])
    sky = np.nanmedian(edge) if np.isfinite(edge).any() else np.nanmin(flux)
    wide = np.pad(flux, ((ny, ny), (nx, nx)), constant_values=sky)
    wcs = wcs.deepcopy()
    wcs.wcs.crpix += [nx, ny]
    wcs.pixel_shape = wide.shape[::-1]
    return wide, wcs


def sdss_wcs(ra: float, dec: float, shape: tuple[int, int], north: float) -> WCS:
    """Return a TAN system of SDSS pixels, its middle at `ra`, `dec` [deg].

    `north` is its direction, counter-clockwise from +y [rad]; east is a quarter turn
    further.
    """
    wcs = WCS(naxis=2)
    sin, cos = math.sin(north) * PIXEL / 3600, math.cos(north) * PIXEL / 3600
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    wcs.wcs.cd = [[-cos, -sin], [-sin, cos]]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.set()
    return wcs


def _metadata(path, text: str) -> tuple[float, float, float]:
    """Return position [deg] and redshift."""
    where = "key 'metadata'"
    try:
        tree = json.loads(text)
        ra, dec = float(tree["ra"]), float(tree["dec"])
        redshift = float(tree.get("redshift", "nan"))
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        expected = "JSON with ra, dec and redshift"
        problem = f"{type(bad).__name__} {bad}"
        raise InputError(path, problem, where=where, expected=expected) from None
    if not (0 <= ra <= 360 and abs(dec) <= 90):
        problem = f"ra {ra}, dec {dec}"
        raise InputError(path, problem, where=where, expected="degrees")
    return ra, dec, redshift if LEAST_REDSHIFT <= redshift < 10 else math.nan


def _drawings(path, wcs: WCS, canvas: Canvas, half_pixel: np.ndarray):
    """Return drawings of arms and of bars, by volunteer, and their identifiers."""
    tree = read_json(path, nonfinite=True)
    models, ids = tree.get("models"), tree.get("index")
    if not isinstance(models, list) or not isinstance(ids, list) or not models:
        expected = "lists of the volunteers' drawings and their ids"
        raise InputError(path, "no models or no index", expected=expected)
    if len(models) != len(ids):
        problem = f"{len(models)} models for {len(ids)} ids"
        raise InputError(path, problem, where="key 'models'", expected="one each")
    spiral, bar = [], []
    for number, model in enumerate(models, 1):
        try:
            arms, boxes = _arms(model, canvas.size), _boxes(model)
        except (ValueError, TypeError, KeyError, AttributeError) as bad:
            where, problem = f"volunteer {number}", f"{type(bad).__name__} {bad}"
            expected = "spiral and bar as published"
            raise InputError(path, problem, where=where, expected=expected) from None
        spiral.append(arms)
        bar.append(boxes)
    found = (_on(canvas, wcs, areas, half_pixel) for areas in (spiral, bar))
    return *found, _identifiers(path, ids)


def _identifiers(path, ids: list) -> tuple[int, ...]:
    try:
        return tuple(integers(np.array(ids, object)).tolist())
    except CellError as bad:
        raise bad.at(path, f"key 'index', element {bad.row + 1}") from None


def _arms(model: Mapping, side: int) -> list[np.ndarray]:
    """Return the areas of a volunteer's arms [px]; a single point has none."""
    flat, found = model["spiral"] or {}, []
    for i in range(int(flat.get("n_arms", 0))):
        points = np.array(flat[f"points.{i}"], np.float64).reshape(-1, 2)
        _refuse_far(points, side)
        if len(points) > 1 and np.ptp(points, axis=0).any():
            found += stroke_areas(points, HALF_WIDTH * side)
    return found


def _boxes(model: Mapping) -> list[np.ndarray]:
    """Return the box of a volunteer's bar [px], if there is one."""
    if model["bar"] is None:
        return []
    values = [float(model["bar"][name]) for name in ("mux", "muy", "roll", "Re", "q")]
    if not np.isfinite(values).all() or min(values[3:]) <= 0:
        msg = f"a bar of {values}"
        raise ValueError(msg)
    return [box(*values)]


def _refuse_far(points: np.ndarray, side: int) -> None:
    if not (np.abs(points) <= FAR * side).all():
        msg = f"a point that is no number within {FAR:g} images"
        raise ValueError(msg)


def _on(canvas: Canvas, wcs: WCS, volunteers: list, half_pixel) -> tuple[Drawing, ...]:
    """Return volunteers' areas in coordinates of the canvas, all in one call."""
    areas = [area for drawn in volunteers for area in drawn]
    if not areas:
        return tuple(() for _ in volunteers)
    x, y = (np.concatenate(areas) - half_pixel).T
    placed = canvas.drawn(*wcs.all_pix2world(x, y, 0))
    ends = np.cumsum([len(area) for area in areas])[:-1]
    each = iter(np.split(placed, ends))
    return tuple(tuple(next(each) for _ in drawn) for drawn in volunteers)
