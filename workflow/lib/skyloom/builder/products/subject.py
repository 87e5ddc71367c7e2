"""What the catalogue needs to know of one subject."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from astropy.wcs import WCS

from skyloom.builder.images.astrometry import PIXEL
from skyloom.sky.geometry import pixel_scale


@dataclass(frozen=True)
class Subject:
    """All that the catalogue needs of one subject."""

    subject_id: int
    # Row of gal-metadata.csv: RA, DEC [deg], Z, ZDIST, NSAID, IAUNAME, EXTINCTION.
    metadata: Mapping = field(default_factory=dict)
    aggregate: Mapping | None = None  # tree of aggregates/<id>.json
    tuned: Mapping[str, Mapping] = field(default_factory=dict)  # trees by start
    fit: Mapping = field(default_factory=dict)  # tree of models/<id>.json
    has_image: bool = True  # whether there was something to fit
    rotation_known: bool = True  # how the image was turned for the volunteers
    wcs: WCS | None = None  # of the cutout
    middle: tuple[float, float] = (math.nan, math.nan)  # of the image, (x, y) [px]
    fwhm: float = math.nan  # of the PSF [px]
    has_seam: bool = False  # that is not masked

    @property
    def fitted(self) -> bool:
        """Whether there is a model."""
        return bool(self.fit.get("model"))

    @property
    def scale(self) -> float:
        """Side of a pixel [arcsec]: that of SDSS where there is no WCS."""
        return PIXEL if self.wcs is None else pixel_scale(self.wcs)

    def known(self, name: str) -> float:
        """Return a number of the metadata; NaN where it is not known."""
        return number(self.metadata.get(name))


def iau_name(metadata: Mapping) -> str:
    """Return the galaxy's name, which some tables hold as the text of bytes."""
    return str(metadata.get("IAUNAME") or "").removeprefix("b'").rstrip("'")


def number(value) -> float:
    """Return a finite number as float; NaN for any other and for None."""
    found = math.nan if value is None else float(value)
    return found if math.isfinite(found) else math.nan
