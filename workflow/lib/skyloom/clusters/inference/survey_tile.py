"""A survey tile: one image of each band, all of the same piece of sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

from skyloom.clusters.bands import ZERO_POINT
from skyloom.clusters.images.survey import SurveyInfo, inspect_survey_image
from skyloom.io.errors import InputError

SAME_PLACE = 0.1  # px by which the bands' coordinates may differ
REMEDY = "make the images of all bands again with the same settings"


@dataclass(frozen=True)
class SurveyTile:
    """What the headers of a survey tile say."""

    name: str
    paths: Mapping[str, Path]  # by band, in the order of the channels
    shape: tuple[int, int]  # (ny, nx) [px]
    wcs: WCS
    factor: float  # what pixels are multiplied by to have zero point 30


def open_survey_tile(paths: Mapping[str, str | Path], name: str = "") -> SurveyTile:
    """Check the images of a survey tile, by band, and that they belong together.

    Checksums are verified; no pixel is unpacked.

    Raises
    ------
    InputError
        A file that is damaged, no survey image, or that of another band, or bands
        whose shape, coordinates or zero point differ.
    """
    files = {band: Path(path) for band, path in paths.items()}
    infos = {band: inspect_survey_image(path) for band, path in files.items()}
    first, path = next(iter(infos.values())), next(iter(files.values()))
    for band, info in infos.items():
        found = str(info.header.get("BAND", band)).strip()
        if found != band:
            raise InputError(files[band], f"BAND = {found!r}", expected=f"{band!r}")
        _compare(files[band], info, path, first)
    factor = 10 ** (0.4 * (ZERO_POINT - first.zero_point))
    return SurveyTile(name, files, first.shape, first.wcs, factor)


def _compare(path: Path, info: SurveyInfo, other: Path, first: SurveyInfo) -> None:
    """Refuse a band that differs from the first one."""
    ny, nx = first.shape
    corners = np.array([(0, 0), (nx - 1, 0), (0, ny - 1), (nx - 1, ny - 1)], float)
    sky = first.wcs.all_pix2world(corners, 0)
    # Linear: of coordinates elsewhere, distortions are not to be inverted.
    apart = np.abs(info.wcs.wcs_world2pix(sky, 0) - first.wcs.wcs_world2pix(sky, 0))
    if info.shape != first.shape:
        problem, expected = f"shape {info.shape}", f"{first.shape}, that of {other}"
    elif info.zero_point != first.zero_point:
        problem = f"zero point {info.zero_point}"
        expected = f"{first.zero_point}, that of {other}"
    elif not apart.max() < SAME_PLACE:
        problem = f"world coordinates {apart.max():.2g} px apart"
        expected = f"those of {other} within {SAME_PLACE} px"
    else:
        return
    raise InputError(path, problem, expected=expected, remedy=REMEDY)
