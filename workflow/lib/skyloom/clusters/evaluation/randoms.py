"""What chance alone finds: false alarms per area, and matches of random positions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy.table import Table
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area

from skyloom.clusters.evaluation.curve import judged_rows
from skyloom.clusters.evaluation.judge import NONE, Judged, Rule
from skyloom.sky.matching import candidates
from skyloom.stats.intervals import one_share, rate


def valid_area(wcs: WCS, good: np.ndarray) -> float:
    """Return the area of an image's good pixels [deg^2]."""
    return float(good.sum() * proj_plane_pixel_area(wcs.celestial))


def random_positions(
    wcs: WCS, good: np.ndarray, n: int, rng: np.random.Generator
) -> Table:
    """Return points drawn evenly over the good pixels of an image.

    Parameters
    ----------
    wcs : WCS
        Of the image.
    good : ndarray of bool, shape (ny, nx)
        False where a pixel is masked.
    n : int
        How many.
    rng : Generator
        For the draw.

    Returns
    -------
    Table
        ``RA, DEC`` [deg], ``X, Y`` [px], pixel centres at integers from 0.

    Raises
    ------
    ValueError
        When no pixel is good.
    """
    pixels = np.flatnonzero(good)
    if not len(pixels):
        msg = "no point can be drawn: all pixels are masked"
        raise ValueError(msg)
    y, x = np.unravel_index(rng.choice(pixels, n), good.shape)
    x, y = (v + rng.random(n) - 0.5 for v in (x, y))
    ra, dec = wcs.all_pix2world(x, y, 0) if n else (x, y)
    return Table({"RA": ra, "DEC": dec, "X": x, "Y": y})


def false_alarms(judged: Judged, area: float, threshold: float = -np.inf) -> dict:
    """Return detections that are no cluster, per deg^2 of valid sky.

    On fields without clusters, judged against an empty truth, that is all of them:
    the cleaner rate, as nothing else can be blamed on a cluster's outskirts.

    Parameters
    ----------
    judged : Judged
        Truths and detections.
    area : float
        Valid area of all fields [deg^2].
    threshold : float
        Score from which a detection is in the catalogue.
    """
    found = judged_rows(judged, threshold)
    return rate(int((found["TRUTH"] == NONE).sum()), area)


def chance_matches(
    points: Table,
    clusters: Table,
    redshifts,
    rng: np.random.Generator,
    rule: Rule | None = None,
) -> dict:
    """Return how many random points lie within the tolerances of a cluster.

    Of true clusters, it is how many detections would be called true if they lay
    anywhere; of detections, how many clusters would be called found.

    Parameters
    ----------
    points : Table
        ``RA, DEC`` [deg] of `random_positions` or
        `skyloom.sky.footprint.random_points`; ``FIELD`` where `clusters` has it.
    clusters : Table
        ``RA, DEC, LAMBDA`` and ``Z_LAMBDA`` (truths), or ``RA, DEC, Z`` (detections).
    redshifts : array_like, shape (m,)
        Of what the points stand for; each point draws one.
    rng : Generator
        For the draw.
    rule : Rule, optional
        Its tolerances and, of truths, its smallest LAMBDA.
    """
    rule = rule or Rule()
    redshifts = np.asarray(redshifts, np.float64)
    if not len(redshifts):
        msg = "no redshift to give to random points"
        raise ValueError(msg)
    z = rng.choice(redshifts, len(points))
    truths = "Z_LAMBDA" in _names(clusters)
    if truths:
        clusters = clusters[np.asarray(clusters["LAMBDA"]) >= rule.above]
    hit = np.zeros(len(points), bool)
    one, two = (_fields(table) for table in (points, clusters))
    for field in np.intersect1d(one, two):
        mine, theirs = np.flatnonzero(one == field), two == field
        a, b = _side(clusters, theirs, truths), _side(points, mine)
        # Megaparsecs are those of the true cluster's redshift in either use.
        sides = (*a, *b[:2], z[mine])
        asked = {"radius": rule.radius, "dz": rule.dz}
        near = candidates(*sides, **asked, reference=1 if truths else 2)
        hit[mine[np.unique(near.second)]] = True
    return one_share(hit.sum(), len(points))


def chance_finder(
    found: Table, points: Table, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a finder that knows nothing: detections moved to random positions.

    Its average precision is the prevalence of the field: what a finder gets for
    nothing.

    Parameters
    ----------
    found : Table
        Detections with ``Z`` and ``PROBABILITY``.
    points : Table
        Random positions ``RA, DEC``, as many rows or more.
    rng : Generator
        Draws points, redshifts and scores.

    Returns
    -------
    DataFrame
        ``RA, DEC, Z, PROBABILITY``.
    """
    n = len(found)
    if len(points) < n:
        msg = f"{len(points)} random points for {n} detections: draw more"
        raise ValueError(msg)
    rows = rng.permutation(len(points))[:n]
    columns = {name: np.asarray(points[name])[rows] for name in ("RA", "DEC")}
    for name in ("Z", "PROBABILITY"):
        columns[name] = rng.permutation(np.asarray(found[name]))
    return pd.DataFrame(columns)


def _names(table) -> list[str]:
    return list(getattr(table, "colnames", table))


def _fields(table) -> np.ndarray:
    some = "FIELD" in _names(table)
    return np.asarray(table["FIELD"]) if some else np.zeros(len(table), int)


def _side(table, rows, truths: bool | None = None) -> tuple:
    names = ["RA", "DEC"] + ([] if truths is None else [("Z", "Z_LAMBDA")[truths]])
    return tuple(np.asarray(table[name], np.float64)[rows] for name in names)
