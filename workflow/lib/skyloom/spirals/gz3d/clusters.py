"""Centres and foreground stars: where volunteers clicked together."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from sklearn.cluster import DBSCAN

from skyloom.spirals.geometry import Canvas

EPS, LEAST = 5.0, 3  # px and clicks of DBSCAN
SIGMAS = 2.0  # of the ellipses on the maps
COLUMNS = ("x", "y", "var_x", "var_y", "var_x_y")
COLUMNS += ("ra", "dec", "var_ra", "var_dec", "var_ra_dec", "count")


def cluster(clicks: np.ndarray, canvas: Canvas) -> tuple[Table, np.ndarray]:
    """Return the clusters of clicks (n, 2), and the map with the counts of each.

    Positions in canvas coordinates and [deg], with variances; an ellipse of a cluster
    has the number of its clicks. Clicks on one line have no ellipse.

    Source: GZ3D's data model (SDSS DR17): DBSCAN within 5 px, 3 clicks or more.
    """
    counts = np.zeros((canvas.size, canvas.size))
    rows = []
    if len(clicks) >= LEAST:
        labels = DBSCAN(eps=EPS, min_samples=LEAST).fit_predict(clicks)
        for label in range(labels.max() + 1):
            members = clicks[labels == label]
            rows.append(_row(members, canvas))
            _add_ellipse(counts, members)
    kinds = [int if name == "count" else float for name in COLUMNS]
    return Table(rows=rows or None, names=COLUMNS, dtype=kinds), counts


def _row(members: np.ndarray, canvas: Canvas) -> list[float]:
    sky = np.stack(canvas.sky(members), axis=1)
    # A cluster may lie across right ascension 0.
    sky[:, 0] = sky[0, 0] + (sky[:, 0] - sky[0, 0] + 180) % 360 - 180
    found = []
    for place in (members, sky):
        (xx, xy), (_, yy) = np.cov(place.T)
        found += [*place.mean(axis=0), xx, yy, xy]
    found[5] %= 360
    return [*found, len(members)]


def _add_ellipse(counts: np.ndarray, members: np.ndarray) -> None:
    covariance = np.cov(members.T)
    if not np.linalg.det(covariance) > 1e-9 * np.trace(covariance) ** 2:
        return
    y, x = np.indices(counts.shape, sparse=True)
    dx, dy = x - members[:, 0].mean(), y - members[:, 1].mean()
    (xx, xy), (_, yy) = np.linalg.inv(covariance)
    counts += len(members) * (xx * dx**2 + 2 * xy * dx * dy + yy * dy**2 <= SIGMAS**2)
