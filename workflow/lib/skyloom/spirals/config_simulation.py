"""The keys of the simulated survey: galaxies, their images, volunteers and votes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import Interval, Rising, Share

Redshift = Annotated[float, Field(gt=0, le=3)]
Contrast = Annotated[float, Field(gt=0, le=100)]
Magnitude = Annotated[float, Field(ge=0, le=40)]
Volunteer = Annotated[int, Field(ge=1, le=10000)]
Degrees = Annotated[float, Field(gt=0, lt=90)]


class Kinds(Section):
    """How many of the galaxies are of which kind, as weights."""

    spiral: Share = key(0.45, "With arms, of which a part is barred.")
    barred: Share = key(0.45, "Part of the spirals and of the disks that is barred.")
    disk: Share = key(0.25, "Disks without arms: with a ring, lumps, or smooth.")
    smooth: Share = key(0.2, "Spheroids.")
    edge_on: Share = key(0.1, "Disks seen from the side.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.spiral + self.disk + self.smooth + self.edge_on:
            msg = "all kinds are 0: give one of them a weight"
            raise ValueError(msg)
        return self


class Galaxies(Section):
    """What the galaxies are like."""

    kinds: Kinds = part(Kinds)
    redshifts: Rising[Redshift] = key((0.02, 0.08), "Range.")
    pitch_angle: Interval[Degrees] = key((8.0, 35.0), "Of arms.", "deg")
    contrast: Interval[Contrast] = key((0.4, 2.2), "Of arms over the disk.")
    magnitudes: Interval[Magnitude] = key((14.0, 17.0), "r-band, total.", "mag")


class Volunteers(Section):
    """Who draws, and who votes."""

    drawing: Volunteer = key(15, "Volunteers that draw on a galaxy, for each task.")
    voting: Interval[Volunteer] = key((20, 40), "Volunteers that answer questions.")


class Simulate(Section):
    """The simulated survey, of source simulated."""

    galaxies: int = key(2000, "Galaxies of the base catalogue.", ge=1, le=100_000)
    marked: float = key(
        0.7, "Share of them that GZ3D has; the others have votes.", gt=0, le=1
    )
    image_size: int = key(
        424, "Side of the cutouts, whatever their pixel scale.", "px", ge=48, le=1024
    )
    population: Galaxies = part(Galaxies)
    volunteers: Volunteers = part(Volunteers)
    keep: bool = key(True, "Keep the cutouts when the pictures are made of them.")
