"""All measures of one galaxy as a row of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
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
    """

    mean: np.ndarray
    std: np.ndarray
    picture: np.ndarray
    concentrations: np.ndarray
    scale: float = np.nan
    redshift: float = np.nan


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

    def to_json(self) -> dict:
        """Return plain JSON values, for the file of a model."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping) -> Calibration:
        """Return what `to_json` wrote."""
        known = {k: v and Relation(**v) for k, v in tree["relations"].items()}
        return cls(BarScale(**tree["bar"]), known)


class _Found(NamedTuple):
    """What was measured: pairs are values and errors."""

    disk: Ellipse
    bar: Bar
    in_plane: tuple[float, float]
    arms: Arms
    fraction: tuple[float, float]
    heads: Mapping[str, tuple]


PAIR = (np.nan, np.nan)
NO_DISK = Ellipse(*[np.nan] * 8)
NO_HEADS = dict.fromkeys(KINDS, (*PAIR, *PAIR, ""))
NOTHING = _Found(NO_DISK, Bar(), PAIR, Arms(), PAIR, NO_HEADS)


def columns() -> list[Column]:
    """Return the columns of `measured`, in order."""
    return [column for column, _ in _entries(NOTHING, np.nan, np.nan)]


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
    in_plane = deprojected_length(mine, own)
    inner = 0.0 if mine.reason else np.nan_to_num(in_plane[0] / 2)
    drawn = drawn_maps(seen.mean[0], seen.std[0], rng, DRAWS)
    error = np.std([arm_fraction(one, own) for one in drawn])
    found = _Found(
        own or NO_DISK,
        mine,
        in_plane,
        arms(seen.mean[0], seen.picture, own, rng, inner),
        (arm_fraction(seen.mean[0], own), error),
        {kind: _heads(seen, calibration, kind) for kind in KINDS},
    )
    kpc = seen.scale * kpc_per_arcsec(seen.redshift)
    entries = _entries(found, seen.scale, kpc)
    return {column.name: column.kind(value) for column, value in entries}


def _heads(seen: Seen, calibration: Calibration, kind: str) -> tuple:
    votes, relevant = (float(v) for v in kind_shares(seen.concentrations, kind))
    peak = float(seen.mean[KINDS.index(kind)].max())
    relation = calibration.relations.get(kind)
    return peak, votes, relevant, *agreement(peak, votes, relevant, relation)


def _entries(
    found: _Found, scale: float, kpc: float
) -> Iterator[tuple[Column, float | int | str]]:
    """Yield columns and values; `scale` and `kpc` are those of a pixel of the map."""
    own, mine, spiral = found.disk, found.bar, found.arms
    radius, length = (own.radius, own.radius_err), (mine.length, mine.length_err)
    lowest = "semi-major axis of the picture's lowest isophote"
    ends = "length of the bar from end to end"
    of_map = "in pixels of the map"
    part = "of the disk where 3 of 15 volunteers or more mark arms"
    yield from _pair("disk_radius_px", "pix", f"{lowest}, {of_map}", radius)
    yield from _pair("disk_radius", "arcsec", lowest, radius, scale)
    ratio = own.ratio, own.ratio_err
    yield from _pair("disk_ratio", None, "minor over major axis of the disk", ratio)
    angle = own.angle, own.angle_err
    yield from _pair("disk_pa", "deg", "position angle of the disk, N through E", angle)
    yield from _pair("bar_length_px", "pix", f"{ends}, {of_map}", length)
    yield from _pair("bar_length", "arcsec", ends, length, scale)
    yield from _pair("bar_length_kpc", "kpc", ends, length, kpc)
    text = f"{ends}, in the disk's plane"
    yield from _pair("bar_length_disk_kpc", "kpc", text, found.in_plane, kpc)
    angle = mine.angle, mine.angle_err
    yield from _pair("bar_pa", "deg", "position angle of the bar, N through E", angle)
    flat = mine.ellipticity, mine.ellipticity_err
    yield from _pair("bar_ellipticity", None, "1 - minor / major axis of the bar", flat)
    yield _one("bar_share", float, "share of volunteers at its brightest", mine.share)
    yield _one("bar_found", float, "probability that the map has a bar", mine.found)
    yield _one("bar_reason", str, "why there is no bar's length", mine.reason)
    pitch = spiral.pitch, spiral.pitch_err
    yield from _pair("pitch_angle", "deg", "pitch angle of the arms", pitch)
    text = "Z: outwards from N through E; S: the other way"
    yield _one("winding", str, text, spiral.winding)
    yield _one("arm_number", int, "number of arms; 0: unknown", spiral.number)
    yield _one("arm_reason", str, "why there is no pitch angle", spiral.reason)
    yield from _pair("arm_fraction", None, f"part {part}", found.fraction)
    for kind, what in zip(KINDS, ("arms", "a bar"), strict=True):
        peak, votes, relevant, chance, flag = found.heads[kind]
        yield _one(f"{kind}_peak", float, "brightest share of the map", peak)
        text = f"expected share of votes for {what}"
        yield _one(f"{kind}_votes", float, text, votes)
        yield _one(f"{kind}_asked", float, "probability that it is asked", relevant)
        text = "probability that map and votes differ so much"
        yield _one(f"{kind}_agreement", float, text, chance)
        yield _one(f"{kind}_flag", str, "which says more, if that is < 0.01", flag)


def _one(name: str, kind: type, description: str, value) -> tuple:
    return Column(name, None, kind, description), value


def _pair(
    name: str, unit: str | None, description: str, value, factor: float = 1.0
) -> Iterator[tuple[Column, float]]:
    yield Column(name, unit, float, description), factor * value[0]
    error = Column(f"{name}_err", unit, float, f"standard error of {name}")
    yield error, factor * value[1]
