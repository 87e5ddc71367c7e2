"""The keys of what is simulated: fields, tiles, and their images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import Interval, Share, pattern_of

Side = Annotated[int, Field(ge=1, le=20000)]
Richness = Annotated[float, Field(ge=1, le=10000)]
Redshift = Annotated[float, Field(ge=0.03, le=1.5)]
Width = Annotated[float, Field(ge=0.3, le=5)]
Depth = Annotated[float, Field(ge=15, le=30)]
LISTED = {"richness": (20.0, 200.0), "redshifts": (0.1, 0.9)}  # of a modelled list


class Halos(Section):
    """Clusters and groups of a simulated field."""

    per_field: float = key(4.5, "Their mean number in a field.", ge=0, le=100_000)
    richness: Interval[Richness] = key(
        (5.0, 200.0),
        "Least and largest richness; below the list's own least it is extrapolated.",
    )
    redshifts: Interval[Redshift] = key((0.1, 0.9), "Least and largest redshift.")
    tilt: float = key(
        1.0,
        "Richness is drawn from the list's times richness^tilt: 0 as in the sky, more "
        "for more rich clusters.",
        ge=-5,
        le=5,
    )
    even: Share = key(
        0.0,
        "Share of the clusters whose redshifts lie evenly between the limits, whatever "
        "the list has: near ones are rare in it.",
    )
    margin: Share = key(
        0.3, "Centres lie up to this share of the field's side outside of it."
    )


class Fields(Section):
    """Fields that the encoder learns from."""

    number: int = key(10000, "How many; with 0 nothing is trained.", ge=0, le=1_000_000)
    image_size: Side = key(2560, "Side of an image.", "px")
    shallow: Share = key(
        0.0,
        "Share of the fields whose galaxies are those of a shallower survey: known "
        "down to a brighter magnitude, with that survey's errors; in every second of "
        "them the field goes on below, without clusters.",
    )
    halos: Halos = part(Halos)


class Tiles(Section):
    """Tiles of a simulated survey, to look for clusters in."""

    tiles: int = key(4, "How many; 0 for no survey.", ge=0, le=100_000)
    image_size: Side = key(10000, "Side of an image.", "px")
    halos: Halos = part(Halos)


class Simulate(Section):
    """What is simulated."""

    fields: Fields = part(Fields)
    survey: Tiles = part(Tiles)
    faintest: float = key(
        24.0, "i magnitude of the faintest sources.", "AB mag", ge=20, le=28
    )


class Images(Section):
    """How catalogues become images."""

    renderer: Literal["batched", "galsim"] = key(
        "batched",
        "Who draws: many sources at once, or GalSim one by one, the reference.",
    )
    keep: bool = key(
        True, "Whether images of training fields stay once they are file data."
    )
    psfex: Annotated[str, pattern_of("band")] | None = key(
        None,
        "Pattern of PSFEx models relative to $SKYLOOM_DATA, {band} stands for the "
        "band, in place of drawn point spread functions.",
    )
    # Of DES DR2 (Abbott et al. 2021, ApJS 255, 20, table 1).
    fwhm: tuple[Width, Width, Width, Width] = key(
        (1.11, 0.95, 0.88, 0.83),
        "Median FWHM of the point spread functions in g, r, i and z.",
        "arcsec",
    )
    depth10: tuple[Depth, Depth, Depth, Depth] = key(
        (24.7, 24.4, 23.8, 23.1),
        'Magnitude measured at ten sigma in an aperture of 1.95" in g, r, i and z.',
        "AB mag",
    )
    depth_scatter: float = key(
        0.0, "Standard deviation of the depth over images.", "mag", ge=0, le=1
    )
