"""A real galaxy catalogue as the sources of survey tiles, ready to be rendered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.coordinates import Angle
from astropy.table import Table, vstack
from astropy.wcs import WCS
from scipy.special import ndtri

from skyloom.clusters.bands import BANDS, PIXEL_SCALE, flux, magnitude
from skyloom.clusters.baselines.randoms import inside_image
from skyloom.clusters.catalogue import shapes
from skyloom.clusters.catalogue.table import COLUMNS, FLUXES
from skyloom.clusters.real_field.sdss import SdssToDes, linear_flux, magnitudes
from skyloom.sky.tan import tan_wcs

# Identifiers that differ by one differ in every bit of what is drawn: the mixing of
# splitmix64 (Steele, Lea & Flood 2014, OOPSLA 2014, 453, section 5).
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIXERS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
# Red by g-i: early types at z = 0.1 to 0.6 have 1.5 to 3, spirals mostly less.
EARLY_ABOVE = 1.5


@dataclass(frozen=True, slots=True)
class SkyTile:
    """One image of the survey."""

    name: str  # by its middle, hours and minutes, degrees and minutes
    ra: float  # its middle [deg]
    dec: float
    side: int  # pixels along a side

    @property
    def shape(self) -> tuple[int, int]:
        """Return ``(ny, nx)``."""
        return (self.side, self.side)

    @property
    def wcs(self) -> WCS:
        """Return the world coordinates, north up."""
        return tan_wcs(self.ra, self.dec, self.shape, PIXEL_SCALE)


class ObjectRandom:
    """Random numbers that belong to objects, whatever other objects there are.

    Each call gives the next number of every object. It has the three methods of
    `numpy.random.Generator` that `skyloom.clusters.catalogue.shapes` uses.
    """

    def __init__(self, ids: np.ndarray, seed: int):
        self.state = _mixed(_mixed(np.asarray(ids).astype(np.uint64)) ^ np.uint64(seed))
        self.calls = 0

    def random(self, size: int) -> np.ndarray:
        """Return one number in (0, 1) an object; `size` is their number."""
        self.calls += 1
        # As an array: a lone number warns where an array wraps round as it should.
        step = np.array([self.calls], np.uint64) * GOLDEN
        bits = _mixed(self.state + step)
        return ((bits >> np.uint64(11)).astype(float) + 0.5) / 2.0**53

    def normal(self, mean: float, sigma: float, size: int) -> np.ndarray:
        """Return one normal number an object."""
        return mean + sigma * ndtri(self.random(size))

    def uniform(self, low: float, high: float, size: int) -> np.ndarray:
        """Return one number in (low, high) an object."""
        return low + (high - low) * self.random(size)


def cover(galaxies: Table, side: int = 10_000, overlap: int = 1000) -> list[SkyTile]:
    """Lay tiles over a catalogue, so that every galaxy lies on one or more.

    Parameters
    ----------
    galaxies : Table
        RA, DEC [deg]; may lie across RA = 0.
    side : int
        Pixels along a side of a tile.
    overlap : int
        Pixels that neighbours share, or more.

    Returns
    -------
    list of SkyTile
        From south to north, each row from west to east; those without galaxies are
        left out.

    Raises
    ------
    ValueError
        No galaxies, or a catalogue about a pole.
    """
    if not len(galaxies):
        msg = "no galaxies: no tile can be laid over them"
        raise ValueError(msg)
    ra = np.asarray(galaxies["RA"], float)
    dec = np.asarray(galaxies["DEC"], float)
    start, turn = _unwrapped(ra)
    # The curve of the parallels within a tile comes out of the overlap.
    step = (side - max(overlap, 0.01 * side)) * PIXEL_SCALE / 3600
    tiles = []
    for middle in _middles(dec.min(), dec.max(), step):
        near = np.abs(dec - middle) <= step / 2 + 1e-9
        tiles += _row(turn[near], start, middle, step, side) if near.any() else []
    return [tile for tile in tiles if on_tile(galaxies, tile).any()]


def on_tile(galaxies: Table, tile: SkyTile) -> np.ndarray:
    """Return which galaxies lie on a tile."""
    return inside_image(tile.wcs, tile.shape)(galaxies["RA"], galaxies["DEC"])


def tile_sources(
    galaxies: Table, tile: SkyTile, transform: SdssToDes, seed: int
) -> Table:
    """Return the sources of a tile, in the columns of `COLUMNS`.

    Sizes and shapes are not in the galaxies' files; they are drawn from the relations
    of the simulation by the run's seed and, so that a galaxy is the same on each tile,
    its ID. MEM is 0, Z -1, and a band without measured light has flux 0.
    """
    own = galaxies[on_tile(galaxies, tile)]
    ra, dec = (np.asarray(own[name], float) for name in ("RA", "DEC"))
    x, y = tile.wcs.wcs_world2pix(ra, dec, 0)
    mag, err = magnitudes(own)
    change, _ = transform(mag, err)
    counts = linear_flux(mag)[:, 1:] * 10 ** (-0.4 * change) * flux(0.0)
    shown, kind = mag[:, 1:] + change, np.ones(len(own), int)
    g, _, i, z = shown.T
    columns = {"RA": ra, "DEC": dec, "X": x, "Y": y}
    columns |= dict(zip(FLUXES, np.maximum(counts, 0.0).T, strict=True))
    columns |= _shapes(own, shown, seed)
    columns |= {"MEM": 0 * kind, "Z": -1.0 * kind, "SOURCE_TYPE": kind}
    columns |= {"GI_COLOR": g - i, "IZ_COLOR": i - z}
    return Table({name: columns[name] for name in COLUMNS})


def with_faint(sources: Table, modelled: Table, limit: float) -> Table:
    """Add the sources of a simulated field of the same tile below a limit [i mag]."""
    faint = magnitude(np.asarray(modelled["FLUX_I"], float)) > limit
    both = [sources[list(COLUMNS)], modelled[faint][list(COLUMNS)]]
    return vstack(both, metadata_conflicts="silent")


def _shapes(galaxies: Table, shown: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    rng = ObjectRandom(galaxies["ID"], seed)
    early = shown[:, 0] - shown[:, 2] > EARLY_ABOVE
    g1, g2 = shapes.shears(rng, early)
    radii = shapes.radii(rng, shown[:, BANDS.index("i")])
    share = shapes.bulge_shares(rng, early)
    return {"HLR": radii, "FRACDEV": share, "G1": g1, "G2": g2}


def _row(turn, start: float, dec: float, step: float, side: int) -> list[SkyTile]:
    """Return the tiles of one row, wide enough at the side nearer the equator."""
    widest = np.cos(np.radians(max(abs(dec) - step / 2, 0.0)))
    narrow = np.cos(np.radians(min(abs(dec) + step / 2, 90.0)))
    if narrow < 0.05:
        msg = f"galaxies at declination {dec:.1f} deg: tiles are not laid over a pole"
        raise ValueError(msg)
    middles = _middles(turn.min(), turn.max(), step / widest)
    return [_tile((start + m) % 360.0, dec, side) for m in middles]


def _tile(ra: float, dec: float, side: int) -> SkyTile:
    hours = Angle(ra, "deg").to_string("hourangle", sep="", precision=0, pad=True)
    degrees, minutes = divmod(round(abs(dec) * 60), 60)
    name = f"SKY{hours[:6]}{'-' if dec < 0 else '+'}{degrees:02d}{minutes:02d}"
    return SkyTile(name, float(ra), float(dec), side)


def _middles(low: float, high: float, step: float) -> np.ndarray:
    """Return middles of intervals of a length that cover low to high, centred."""
    n = max(int(np.ceil((high - low) / step)), 1)
    return (low + high) / 2 + (np.arange(n) - (n - 1) / 2) * step


def _unwrapped(ra: np.ndarray) -> tuple[float, np.ndarray]:
    """Return a right ascension and what must be added to it, without a seam."""
    order = np.sort(ra)
    gaps = np.diff(np.append(order, order[0] + 360))
    start = float(order[(np.argmax(gaps) + 1) % len(order)])
    return start, (ra - start) % 360.0


def _mixed(bits: np.ndarray) -> np.ndarray:
    bits = bits + GOLDEN
    for shift, factor in MIXERS:
        bits = (bits ^ (bits >> shift)) * factor
    return bits ^ (bits >> np.uint64(31))
