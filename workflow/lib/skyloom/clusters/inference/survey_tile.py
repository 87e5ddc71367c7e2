"""A survey tile: one image of each band, all of the same piece of sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS, ZERO_POINT
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


def open_survey_tile(
    paths: Mapping[str, str | Path],
    *,
    bands: tuple[str, ...] = BANDS,
    name: str = "",
) -> SurveyTile:
    """Check the images of a survey tile, by band, and that they belong together.

    Checksums are verified; no pixel is unpacked. Its name is the beginning of the first
    file's if none is given.

    Raises
    ------
    InputError
        A band without a file, a file that is damaged or no survey image, that of
        another band, or bands whose shape, coordinates or zero point differ.
    """
    missing = [band for band in bands if band not in paths]
    if missing:
        given = ", ".join(f"{band}: {path}" for band, path in paths.items())
        raise InputError(
            name or next(iter(paths.values()), "survey tile"),
            f"no image of band {', '.join(missing)}",
            expected=f"a file of each of {', '.join(bands)}; got {given or 'none'}",
        )
    files = {band: Path(paths[band]) for band in bands}
    infos = {band: inspect_survey_image(files[band]) for band in bands}
    first, path = infos[bands[0]], files[bands[0]]
    for band in bands:
        _check_band(files[band], infos[band], band)
        _compare(files[band], infos[band], path, first)
    factor = 10 ** (0.4 * (ZERO_POINT - first.zero_point))
    name = name or path.name.split(".")[0]
    return SurveyTile(name, files, first.shape, first.wcs, factor)


def _check_band(path: Path, info: SurveyInfo, band: str) -> None:
    found = str(info.header.get("BAND", band)).strip()
    if found != band:
        raise InputError(path, f"BAND = {found!r}", expected=f"{band!r}")


def _compare(path: Path, info: SurveyInfo, other: Path, first: SurveyInfo) -> None:
    """Refuse a band that differs from the first one."""
    for what in ("shape", "zero_point"):
        if (got := getattr(info, what)) != (wanted := getattr(first, what)):
            problem = f"{what.replace('_', ' ')} {got}"
            expected = f"{wanted}, that of {other}"
            raise InputError(path, problem, expected=expected, remedy=REMEDY)
    ny, nx = first.shape
    corners = np.array([(0, 0), (nx - 1, 0), (0, ny - 1), (nx - 1, ny - 1)], float)
    sky = first.wcs.all_pix2world(corners, 0)
    # Linear: of coordinates elsewhere, distortions are not to be inverted.
    apart = np.abs(info.wcs.wcs_world2pix(sky, 0) - first.wcs.wcs_world2pix(sky, 0))
    if not apart.max() < SAME_PLACE:
        problem = f"world coordinates {apart.max():.2g} px apart"
        expected = f"those of {other} within {SAME_PLACE} px"
        raise InputError(path, problem, expected=expected, remedy=REMEDY)
