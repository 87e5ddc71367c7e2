"""All measures of one galaxy as a row of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from skyloom.spirals.measure.arms import Arms, arm_fraction, arms
from skyloom.spirals.measure.bars import Bar, BarScale, bar
from skyloom.spirals.measure.consistency import (
    KINDS,
    Relation,
    agreement,
    kind_shares,
)
from skyloom.spirals.measure.draws import drawn_maps
from skyloom.spirals.measure.ellipse import Ellipse, disk
from skyloom.spirals.measure.physical import deprojected_length, kpc_per_arcsec

DRAWS = 24


class Column(NamedTuple):
    """A column: ``unit`` in FITS spelling, ``kind`` float, int or str."""

    name: str
    unit: str | None
    kind: type
    description: str


@dataclass(frozen=True)
class Seen:
    """What is known of a galaxy, all in one frame.

    Attributes
    ----------
    mean, std : ndarray, shape (2, H, W)
        Shares of volunteers that mark a pixel, arms and bar, and their deviations.
    picture : ndarray, shape (h, w, 3)
        The picture, of the same field.
    concentrations : ndarray, shape (answers,)
        Of the votes.
    scale : float
        Side of a map's pixel [arcsec]; NaN where unknown.
    redshift : float
        NaN where unknown.
    flux : ndarray, shape (H, W), optional
        Flux of the same field, in any unit.
    """

    mean: np.ndarray
    std: np.ndarray
    picture: np.ndarray
    concentrations: np.ndarray
    scale: float = np.nan
    redshift: float = np.nan
    flux: np.ndarray | None = None


@dataclass(frozen=True)
class Calibration:
    """What was fitted on the network's validation galaxies.

    Attributes
    ----------
    bar : BarScale
        Of bars' lengths.
    relations : mapping of str to Relation or None
        Of maps and votes, by kind.
    """

    bar: BarScale = field(default_factory=BarScale)
    relations: Mapping[str, Relation | None] = field(default_factory=dict)


def columns() -> list[Column]:
    """Return the columns of `measured`, in order."""
    return [*_disk_columns(), *_bar_columns(), *_arm_columns(), *_head_columns()]


def measured(
    seen: Seen, calibration: Calibration, rng: np.random.Generator
) -> dict[str, float | int | str]:
    """Return the measures of a galaxy, by the names of `columns`.

    Lengths are NaN in arcsec where the scale is not known, in kpc where the redshift is
    not; those in pixels of the map are always there.
    """
    size = seen.mean.shape[-1]
    own = disk(seen.picture)
    own = own.scaled(size / seen.picture.shape[1]) if own else None
    mine = bar(seen.mean[1], seen.std[1], rng, calibration.bar)
    length, error = deprojected_length(mine, own)
    inner = np.nan_to_num(length / 2) if not mine.reason else 0.0
    spiral = arms(seen.mean[0], seen.picture, own, rng, inner)
    return (
        _disk_row(own, seen.scale)
        | _bar_row(mine, (length, error), seen)
        | _arm_row(spiral, own, seen, rng)
        | _head_row(seen, calibration)
    )


def _with_error(name: str, unit: str | None, description: str) -> list[Column]:
    error = Column(f"{name}_err", unit, float, f"standard error of {name}")
    return [Column(name, unit, float, description), error]


def _disk_columns() -> list[Column]:
    lowest = "semi-major axis of the picture's lowest isophote"
    return [
        *_with_error("disk_radius_px", "pix", f"{lowest}, in pixels of the map"),
        *_with_error("disk_radius", "arcsec", lowest),
        *_with_error("disk_ratio", None, "minor over major axis of the disk"),
        *_with_error("disk_pa", "deg", "position angle of the disk, N through E"),
    ]


def _disk_row(own: Ellipse | None, scale: float) -> dict:
    nothing = Ellipse(*[np.nan] * 8)
    own = own or nothing
    sizes = own.radius, own.radius_err
    return _pairs(
        disk_radius_px=sizes,
        disk_radius=[scale * v for v in sizes],
        disk_ratio=(own.ratio, own.ratio_err),
        disk_pa=(own.angle, own.angle_err),
    )


def _bar_columns() -> list[Column]:
    ends = "length of the bar from end to end"
    return [
        *_with_error("bar_length_px", "pix", f"{ends}, in pixels of the map"),
        *_with_error("bar_length", "arcsec", ends),
        *_with_error("bar_length_kpc", "kpc", ends),
        *_with_error("bar_length_disk_kpc", "kpc", f"{ends}, in the disk's plane"),
        *_with_error("bar_pa", "deg", "position angle of the bar, N through E"),
        *_with_error("bar_ellipticity", None, "1 - minor / major axis of the bar"),
        Column("bar_share", None, float, "share of volunteers at the bar's brightest"),
        Column("bar_found", None, float, "probability that the map has a bar"),
        Column("bar_reason", None, str, "why there is no bar's length"),
    ]


def _bar_row(own: Bar, in_plane: tuple[float, float], seen: Seen) -> dict:
    sizes = own.length, own.length_err
    kpc = seen.scale * kpc_per_arcsec(seen.redshift)
    return _pairs(
        bar_length_px=sizes,
        bar_length=[seen.scale * v for v in sizes],
        bar_length_kpc=[kpc * v for v in sizes],
        bar_length_disk_kpc=[kpc * v for v in in_plane],
        bar_pa=(own.angle, own.angle_err),
        bar_ellipticity=(own.ellipticity, own.ellipticity_err),
    ) | {"bar_share": own.share, "bar_found": own.found, "bar_reason": own.reason}


def _arm_columns() -> list[Column]:
    part = "of the disk where 3 of 15 volunteers or more mark arms"
    return [
        *_with_error("pitch_angle", "deg", "pitch angle of the arms"),
        Column("winding", None, str, "Z: outwards from N through E; S: the other way"),
        Column("arm_number", None, int, "number of arms; 0: unknown"),
        Column("arm_reason", None, str, "why there is no pitch angle"),
        *_with_error("arm_fraction", None, f"part {part}"),
        Column("arm_light", None, float, f"part of the light {part}"),
    ]


def _arm_row(spiral: Arms, own: Ellipse | None, seen: Seen, rng) -> dict:
    drawn = drawn_maps(seen.mean[0], seen.std[0], rng, DRAWS)
    error = np.std([arm_fraction(one, own) for one in drawn])
    light = np.nan
    if seen.flux is not None:
        light = arm_fraction(seen.mean[0], own, seen.flux)
    fraction = arm_fraction(seen.mean[0], own), error
    words = {"winding": spiral.winding, "arm_number": spiral.number}
    return (
        _pairs(pitch_angle=(spiral.pitch, spiral.pitch_err))
        | words
        | {"arm_reason": spiral.reason}
        | _pairs(arm_fraction=fraction)
        | {"arm_light": light}
    )


def _head_columns() -> list[Column]:
    found = []
    for kind, what in zip(KINDS, ("arms", "a bar"), strict=True):
        found += [
            Column(f"{kind}_peak", None, float, "brightest share of the map"),
            Column(f"{kind}_votes", None, float, f"expected share of votes for {what}"),
            Column(f"{kind}_asked", None, float, "probability that it is asked"),
            Column(f"{kind}_agreement", None, float, "of map and votes, a p-value"),
            Column(f"{kind}_flag", None, str, "which says more, if p < 0.01"),
        ]
    return found


def _head_row(seen: Seen, calibration: Calibration) -> dict:
    row = {}
    for kind, shares in zip(KINDS, seen.mean, strict=True):
        votes, relevant = (float(v) for v in kind_shares(seen.concentrations, kind))
        peak = float(shares.max())
        relation = calibration.relations.get(kind)
        chance, flag = agreement(peak, votes, relevant, relation)
        values = (peak, votes, relevant, chance, flag)
        names = ("peak", "votes", "asked", "agreement", "flag")
        row |= {f"{kind}_{k}": v for k, v in zip(names, values, strict=True)}
    return row


def _pairs(**found) -> dict[str, float]:
    row = {}
    for name, (value, error) in found.items():
        row |= {name: float(value), f"{name}_err": float(error)}
    return row
