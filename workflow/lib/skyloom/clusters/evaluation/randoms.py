"""What chance alone finds: false alarms per area, and matches of random positions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from astropy.table import Table
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area

from skyloom.clusters.evaluation.curve import Target, curve, judged_rows
from skyloom.clusters.evaluation.judge import NONE, Judged
from skyloom.sky.matching import candidates
from skyloom.stats.intervals import one_share, rate


def valid_area(wcs: WCS, good: np.ndarray) -> float:
    """Return the area of an image's good pixels [deg^2]."""
    return float(good.sum() * proj_plane_pixel_area(wcs.celestial))


def random_positions(
    wcs: WCS, good: np.ndarray, n: int, rng: np.random.Generator
) -> Table:
    """Return n points ``RA, DEC`` [deg], drawn evenly over good pixels (ny, nx)."""
    y, x = np.unravel_index(rng.choice(np.flatnonzero(good), n), good.shape)
    x, y = (v + rng.random(n) - 0.5 for v in (x, y))
    ra, dec = wcs.all_pix2world(x, y, 0) if n else (x, y)
    return Table({"RA": ra, "DEC": dec})


def false_alarms(judged: Judged, area: float, threshold: float = -np.inf) -> dict:
    """Return the rate of detections from a score on that are no cluster.

    On fields without clusters, judged against an empty truth, that is all of them:
    the cleaner rate, as nothing else can be blamed on a cluster's outskirts. The area
    is that of valid sky [deg^2].
    """
    found = judged_rows(judged, threshold)
    return rate(int((found["TRUTH"] == NONE).sum()), area)


def at_false_alarms(
    judged: Judged, target: Target, area: float, allowed: Sequence[float]
) -> list[dict]:
    """Return the completeness of lists that end where they have so many false alarms.

    Parameters
    ----------
    judged : Judged
        Detections and truths.
    target : Target
        Clusters to be found.
    area : float
        Of valid sky [deg^2].
    allowed : sequence of float
        False alarms [deg^-2].

    Returns
    -------
    list of dict
        ``false_alarms`` allowed, the ``threshold``, None where the surest are too many,
        and the ``completeness`` {k, n, value, low, high}; None where the area is too
        small for one false alarm.
    """
    table = curve(judged, target)
    false = table["n"] - table["true"]
    truth = judged.truth[judged.truth["VALID"]]
    targets = int(target.holds(truth).sum())
    found = []
    for most in allowed:
        row = {"false_alarms": most, "threshold": None, "completeness": None}
        if most * area >= 1:
            good = table[false <= most * area]
            k = int(good["found"].iloc[-1]) if len(good) else 0
            row["completeness"] = one_share(k, targets)
            row["threshold"] = float(good["score"].iloc[-1]) if len(good) else None
        found.append(row)
    return found


def chance_matches(
    points, found, redshifts, rng: np.random.Generator, **tolerances
) -> dict:
    """Return how many random points lie within the tolerances of a detection.

    That is how many clusters would be called found if they lay anywhere.

    Parameters
    ----------
    points, found : sequence of ndarray
        Random ``ra, dec`` [deg]; and ``ra, dec, z`` of detections.
    redshifts : array_like, shape (m,)
        Of what the points stand for; each point draws one.
    rng : Generator
        For the draw.
    **tolerances
        ``radius`` and ``dz`` of `skyloom.sky.matching.candidates`.
    """
    z = rng.choice(np.asarray(redshifts, np.float64), len(points[0]))
    near = candidates(*points, z, *found, **tolerances)
    return one_share(len(np.unique(near.first)), len(z))


def chance_finder(
    found: Table, points: Table, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a finder that knows nothing: detections moved to random positions.

    Its average precision is the prevalence of the field: what a finder gets for
    nothing.

    Parameters
    ----------
    found : Table
        Detections with ``Z`` and ``SCORE``.
    points : Table
        Random positions ``RA, DEC``, as many rows or more.
    rng : Generator
        Draws points, redshifts and scores.
    """
    rows = rng.permutation(len(points))[: len(found)]
    columns = {name: np.asarray(points[name])[rows] for name in ("RA", "DEC")}
    for name in ("Z", "SCORE"):
        columns[name] = rng.permutation(np.asarray(found[name]))
    return pd.DataFrame(columns)
