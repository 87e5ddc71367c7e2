"""One simulated field: its sources, and the truth of its clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.bands import PIXEL_SCALE, flux, magnitude
from skyloom.clusters.catalogue import shapes
from skyloom.clusters.catalogue.colours import RedSequence, Templates
from skyloom.clusters.catalogue.field import draw_galaxies, draw_stars
from skyloom.clusters.catalogue.halos import MEMBER_ABOVE, draw_halos, members, radius
from skyloom.clusters.catalogue.table import COLUMNS, FLUXES
from skyloom.clusters.config_simulation import Halos
from skyloom.run.seeds import rng as generator
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.tan import tan_wcs

G_BAND, I_BAND, Z_BAND = 0, 2, 3
# Stars' half-light radius, and members' sizes: brightest galaxies are giants.
BCG_RADIUS = (15.0, 0.4)  # kpc, scatter of ln r
# What a shallow survey measures to ten sigma in g, r, i and z, less its limit in i:
# medians of SDSS model magnitudes of redMaPPer DR8 v5.10's brightest galaxies with i of
# 19.5 to 20.5; and the error of bright sources [mag], Padmanabhan et al. 2008
# (ApJ 674, 1217).
SHALLOW_DEPTH = np.array([1.0, 0.5, 0.0, -1.4])
SHALLOW_FLOOR = 0.02
SHALLOW_LIMITS = (20.5, 23.0)  # i magnitudes where such a catalogue ends [AB mag]
DECLINATIONS = (-60.0, 5.0)  # of fields [deg]
LEAST = 1.0  # counts: nothing is seen of it, and its colours are finite


@dataclass(frozen=True)
class Sample:
    """A lot of simulated fields.

    Of a share of them, galaxies are those of a shallower survey: known down to a
    brighter magnitude, with that survey's errors. In every second of these the field
    goes on below, without clusters. So is a real field painted.
    """

    image_size: int  # side of a field [px]
    halos: Halos | None  # None for no clusters
    faintest: float = 24.0  # i magnitude of all sources [AB mag]
    shallow: float = 0.0  # that share


@dataclass(frozen=True)
class World:
    """What all fields share: a cluster list and the magnitudes of galaxies."""

    clusters: Table
    red_sequence: RedSequence
    templates: Templates


def draw_field(
    seed: int, number: int, world: World, settings: Sample
) -> tuple[Table, Table, WCS]:
    """Draw the field of a number.

    Returns
    -------
    sources : Table
        With the columns of `COLUMNS`.
    clusters : Table
        Truth: ID, RA, DEC, Z_LAMBDA, Z_LAMBDA_ERR, LAMBDA, LAMBDA_ERR, X, Y [px],
        R_LAMBDA [Mpc], R_PIX [px]. Their centres may lie outside the image.
    wcs : WCS
        Of the images.
    """
    rng = generator(seed, "field", number)
    wcs = _somewhere(rng, settings.image_size)
    side = settings.image_size * PIXEL_SCALE
    faintest = settings.faintest
    parts = [_field(rng, side, world, faintest), _stars(rng, side, faintest)]
    truth = _truth(rng, side, number, world, settings.halos)
    parts += [_cluster(rng, row, world, faintest) for row in truth]
    sources = _joined(parts, wcs, faintest)
    if rng.random() < settings.shallow:
        sources = _as_shallow(rng, sources, rng.uniform(*SHALLOW_LIMITS))
    return sources[list(COLUMNS)], _placed(truth, wcs), wcs


def _somewhere(rng: np.random.Generator, size: int) -> WCS:
    """Return the world coordinates of a field somewhere in the survey."""
    sines = np.sin(np.radians(DECLINATIONS))
    dec = float(np.degrees(np.arcsin(rng.uniform(*sines))))
    return tan_wcs(float(rng.uniform(0, 360)), dec, (size, size), PIXEL_SCALE)


def _truth(rng, side: float, number: int, world: World, halos) -> Table:
    richness, z = draw_halos(rng, world.clusters, halos)
    reach = 0.0 if halos is None else halos.margin * side
    place = rng.uniform(-reach, side + reach, (2, len(z)))
    table = Table({"ID": number * 1000 + np.arange(len(z)), "Z_LAMBDA": z})
    table["Z_LAMBDA_ERR"] = np.zeros(len(z))
    table["LAMBDA"] = np.maximum(np.round(richness), 1.0)
    table["LAMBDA_ERR"] = np.zeros(len(z))
    table["R_LAMBDA"] = radius(table["LAMBDA"])
    table["east"], table["north"] = place
    return table


def _placed(truth: Table, wcs: WCS) -> Table:
    x, y = _pixels(truth["east"], truth["north"])
    ra, dec = wcs.all_pix2world(x, y, 0) if len(truth) else (x, y)
    radius = truth["R_LAMBDA"] * arcsec_per_mpc(truth["Z_LAMBDA"]) / PIXEL_SCALE
    columns = {"RA": ra % 360, "DEC": dec, "X": x, "Y": y, "R_PIX": radius}
    for name, values in columns.items():
        truth[name] = np.asarray(values, float)
    names = "ID RA DEC Z_LAMBDA Z_LAMBDA_ERR LAMBDA LAMBDA_ERR X Y R_LAMBDA R_PIX"
    return truth[names.split()]


def _pixels(east, north) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels of places [arcsec] from the image's lower left corner."""
    return tuple(np.asarray(v) / PIXEL_SCALE - 0.5 for v in (east, north))


def _field(rng, side: float, world: World, faintest: float) -> dict:
    kinds = world.red_sequence, world.templates
    drawn = draw_galaxies(rng, (side, side), *kinds, faintest)
    radii = shapes.radii(rng, drawn["magnitudes"][:, I_BAND])
    nothing = np.zeros(len(radii), bool)
    return _galaxies(rng, drawn, radii) | {"MEM": nothing.astype(int), "halo": nothing}


def _stars(rng, side: float, faintest: float) -> dict:
    drawn = draw_stars(rng, (side, side), faintest)
    nothing = np.zeros(len(drawn["east"]))
    return {
        **drawn,
        **dict.fromkeys(("HLR", "FRACDEV", "G1", "G2"), nothing),
        **dict.fromkeys(("MEM", "SOURCE_TYPE"), nothing.astype(int)),
        "z": nothing - 1.0,
        "halo": nothing.astype(bool),
    }


def _cluster(rng, row, world: World, faintest: float) -> dict:
    z, richness = float(row["Z_LAMBDA"]), float(row["LAMBDA"])
    kinds = world.red_sequence, world.templates
    drawn = members(rng, richness, z, *kinds, faintest)
    scale = arcsec_per_mpc(z)
    drawn["east"] = row["east"] + drawn["east"] * scale
    drawn["north"] = row["north"] + drawn["north"] * scale
    radii = shapes.radii(rng, drawn["magnitudes"][:, I_BAND])
    giant = BCG_RADIUS[0] / 1000 * scale * np.exp(rng.normal(0, BCG_RADIUS[1]))
    radii = np.where(drawn["central"], max(giant, 0.3), radii)
    called = drawn["counted"] & (richness >= MEMBER_ABOVE)
    whose = {"MEM": called.astype(int), "z": np.full(len(radii), z)}
    return _galaxies(rng, drawn, radii) | whose | {"halo": np.ones(len(radii), bool)}


def _galaxies(rng, drawn: dict, radii: np.ndarray) -> dict:
    early = drawn["early"]
    g1, g2 = shapes.shears(rng, early)
    own = {"HLR": radii, "FRACDEV": shapes.bulge_shares(rng, early), "G1": g1, "G2": g2}
    return drawn | own | {"SOURCE_TYPE": np.ones(len(radii), int)}


def _joined(parts: list[dict], wcs: WCS, faintest: float) -> Table:
    """Return the sources on the image, clusters' galaxies first as the seed has it."""
    order = [*parts[2:], *parts[:2]]
    keys = set.intersection(*map(set, parts))
    table = Table(
        {key: np.concatenate([p[key] for p in order]) for key in sorted(keys)}
    )
    table["X"], table["Y"] = _pixels(table["east"], table["north"])
    edge = wcs.array_shape[0] - 0.5
    x, y = np.asarray(table["X"]), np.asarray(table["Y"])
    table = table[(x >= -0.5) & (x < edge) & (y >= -0.5) & (y < edge)]
    table = table[np.asarray(table["magnitudes"])[:, I_BAND] <= faintest]
    ra, dec = wcs.all_pix2world(table["X"], table["Y"], 0)
    table["RA"], table["DEC"] = np.asarray(ra) % 360, np.asarray(dec)
    for name, magnitudes in zip(FLUXES, np.asarray(table["magnitudes"]).T, strict=True):
        table[name] = flux(magnitudes)
    table.rename_column("z", "Z")
    return _coloured(table)


def _coloured(table: Table) -> Table:
    """Add the colours, of fluxes that may be zero."""
    shown = magnitude(np.stack([table[name] for name in FLUXES], axis=-1))
    table["GI_COLOR"] = shown[:, G_BAND] - shown[:, I_BAND]
    table["IZ_COLOR"] = shown[:, I_BAND] - shown[:, Z_BAND]
    return table


def _as_shallow(rng: np.random.Generator, sources: Table, limit: float) -> Table:
    """Return sources as they are painted from a catalogue that ends at `limit` in i."""
    known = magnitude(np.asarray(sources["FLUX_I"])) <= limit
    below = (rng.random() < 0.5) & ~known & ~np.asarray(sources["halo"])
    for name, depth in zip(FLUXES, SHALLOW_DEPTH, strict=True):
        counts = np.array(sources[name])
        error = np.hypot(flux(limit + depth) / 10, SHALLOW_FLOOR * counts)
        measured = np.maximum(rng.normal(counts, error), LEAST)
        sources[name] = np.where(known, measured, counts)
    return _coloured(sources[known | below])
