"""A survey tile as the atlas shows it: its picture, what was found in it, its truth."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
from astropy.coordinates import angular_separation
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.atlas.numbers import short
from skyloom.clusters.catalogue import halos
from skyloom.clusters.evaluation.judge import NONE, Rule, judge
from skyloom.clusters.evaluation.tile_figures import colour_image
from skyloom.clusters.images.survey import survey_wcs
from skyloom.clusters.inference.blend import TileMaps, read_maps
from skyloom.clusters.tasks.products import read_candidates
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.geometry import pixel_scale
from skyloom.sky.plane import tangent_plane

FINDERS = ("encoder", "matched_filter", "density")
MOST_CELLS = 160  # along a side of a map: as many as a picture of it shows
LEAST_GOOD = 0.5  # unmasked share of a tile below which it is flagged
OFF = 1.0  # px, of the position under the pointer, from which on the page says so


def shown_tile(
    name: str,
    files: Mapping[str, Sequence[str]],
    found: Table,
    truth: Table | None,
    rule: Rule,
) -> tuple[dict, np.ndarray, WCS]:
    """Return what the page shows of a tile, its picture, and its world coordinates.

    Parameters
    ----------
    name : str
        Of the tile.
    files : mapping
        ``images`` in the order of the bands, ``predictions``, and those of `FINDERS`
        that there are.
    found : Table
        Rows of the catalogue that were seen on the tile.
    truth : Table or None
        True clusters there and elsewhere, where they are known.
    rule : Rule
        What makes a detection true.
    """
    picture, block = colour_image(files["images"])
    wcs, maps = survey_wcs(files["images"][0]), read_maps(files["predictions"][0])
    shape = (maps.height, maps.width)
    plane = tangent_plane(wcs, shape)
    good = float(maps.valid.mean())
    flags = [f"{1 - good:.0%} of its area is masked"] if good < LEAST_GOOD else []
    if plane.error > OFF:
        off = f"the position under the pointer is {plane.error:.1f} px off at most"
        flags.append(f"{off}, as the images are distorted")
    tree = {
        "id": name,
        "size": [picture.shape[1] * block, picture.shape[0] * block],
        "plane": [plane.ra, plane.dec, *plane.matrix.ravel().tolist()],
        "scale": pixel_scale(wcs),
        "cells": _cells(maps),
        "found": {
            kind: _detections(read_candidates(files[kind][0]), wcs)
            for kind in FINDERS
            if files.get(kind)
        },
        "truth": None if truth is None else _truth(truth, found, wcs, shape, rule),
        "values": {"clusters": len(found), "masked": short(1 - good)},
        "flags": flags,
    }
    return tree, picture[::-1], wcs


def on_image(wcs: WCS, shape: tuple[int, int], ra, dec) -> tuple[np.ndarray, ...]:
    """Return which places are on an image (ny, nx), and x, y [px] of these."""
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    ny, nx = shape
    corners = np.array([[0, 0], [nx - 1, 0], [0, ny - 1], [nx - 1, ny - 1]], float)
    sky = np.radians(wcs.all_pix2world(corners, 0))
    away = angular_separation(*sky[0], *np.radians([ra, dec]))
    # A tangent plane shows the far half of the sky as well.
    near = np.flatnonzero(away <= 1.1 * angular_separation(*sky[0], *sky[1:].T).max())
    x, y = wcs.all_world2pix(ra[near], dec[near], 0) if len(near) else (near, near)
    inside = (x >= -0.5) & (x < nx - 0.5) & (y >= -0.5) & (y < ny - 0.5)
    return near[inside], np.asarray(x)[inside], np.asarray(y)[inside]


def radii(table: Table, scale: float) -> np.ndarray:
    """Return the radii of clusters' richness, of Z and LAMBDA [px of a scale]."""
    z = np.clip(np.asarray(table["Z"], float), 0.02, None)
    return halos.radius(table["LAMBDA"]) * arcsec_per_mpc(z) / scale


def _cells(maps: TileMaps) -> dict:
    """Return the probability of a member in each cell in 255 steps; 0 if masked."""
    pool = -(-max(maps.membership.shape) // MOST_CELLS)
    rows, columns = (n // pool * pool for n in maps.membership.shape)
    part = np.nan_to_num(maps.membership[:rows, :columns])
    mean = part.reshape(rows // pool, pool, columns // pool, pool).mean(axis=(1, 3))
    steps = np.rint(np.clip(mean, 0, 1) * 255).astype(np.uint8)
    side = maps.tile * pool
    return {
        "rows": steps.shape[0],
        "columns": steps.shape[1],
        "side": side,
        "steps": base64.b64encode(steps.tobytes()).decode(),
    }


def _detections(found: Table, wcs: WCS) -> list:
    """Return x, y [px], score, redshift and richness of each detection."""
    if not len(found):
        return []
    x, y = wcs.all_world2pix(found["RA"], found["DEC"], 0)
    columns = (found[name] for name in ("SCORE", "Z", "LAMBDA"))
    rows = zip(x, y, *columns, strict=True)
    return [[*_tenths(a, b), *map(short, known)] for a, b, *known in rows]


def _truth(
    truth: Table, found: Table, wcs: WCS, shape: tuple[int, int], rule: Rule
) -> list:
    """Return x, y, radius [px], redshift, richness, and whether it was found."""
    table = truth[np.asarray(truth["LAMBDA"]) >= rule.above]
    seen = found.copy()
    seen["SCORE"] = seen["PROBABILITY"]
    inside, x, y = on_image(wcs, shape, table["RA"], table["DEC"])
    if not len(inside):
        return []
    judged = judge(table, seen, rule).truth["FOUND"].to_numpy() != NONE
    table["Z"] = table["Z_LAMBDA"]
    radius = radii(table, pixel_scale(wcs))
    return [
        [
            *_tenths(a, b, radius[i]),
            *(short(table[name][i]) for name in ("Z", "LAMBDA")),
            bool(judged[i]),
        ]
        for i, a, b in zip(inside, x, y, strict=True)
    ]


def _tenths(*pixels: float) -> list[float]:
    return [round(float(v), 1) for v in pixels]
