"""Areas of what volunteers of Galaxy Builder drew: lines along arms, and boxes."""

from __future__ import annotations

import math

import numpy as np
from shapely import LineString, Polygon

# Of the side of the image, which is four Petrosian radii. There the light along 81
# published arms, stacked, is down to half of its excess outwards, and along 60 arms of
# other galaxies it is at 0.027; the published fits have Gaussian arms of 0.019 (median
# of 135), which is 0.022 at half maximum.
HALF_WIDTH = 0.025
BOX = 3.0  # length and width of a drawn box over the published effective ones
LONG = 40  # points of a line that is halved at once: scribbles take long
ROUND = 4  # segments a quarter of a circle
TOLERANCE = 0.1  # of the half-width, of points of a line that are left out


def stroke_areas(points: np.ndarray, half_width: float) -> list[np.ndarray]:
    """Return the area within `half_width` of a line, as polygons (n, 2).

    A line that closes on itself makes several, so that what it surrounds stays out:
    holes are not of a polygon.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        The line, two points or more.
    half_width : float
        In the units of the points.
    """
    line = LineString(points).simplify(TOLERANCE * half_width, preserve_topology=False)
    return _areas(np.array(line.coords), half_width)


def _areas(points: np.ndarray, half_width: float) -> list[np.ndarray]:
    """Return polygons without holes: of the line, or of its two halves."""
    if len(points) <= LONG:
        line = LineString(points)
        area = line.buffer(half_width, quad_segs=ROUND, cap_style="flat")
        if isinstance(area, Polygon) and not area.interiors:
            return [] if area.is_empty else [np.array(area.exterior.coords)[:-1]]
    if len(points) == 2:
        return []
    half = len(points) // 2
    # They share a part of the line, so that no wedge is left out at a bend.
    shared = 1 if len(points) > 4 else 0
    parts = points[: half + 1], points[half - shared :]
    return [area for part in parts for area in _areas(part, half_width)]


def box(mux: float, muy: float, roll: float, length: float, ratio: float) -> np.ndarray:
    """Return the corners (4, 2) of the box that a volunteer drew around a bar.

    Parameters
    ----------
    mux, muy : float
        Its middle [px].
    roll : float
        Of its long axis, counter-clockwise from +y [rad].
    length : float
        Its published effective radius [px]: a third of the box's length.
    ratio : float
        Width over length.
    """
    along = 0.5 * BOX * length * np.array([-math.sin(roll), math.cos(roll)])
    across = 0.5 * BOX * length * ratio * np.array([math.cos(roll), math.sin(roll)])
    signs = [(1, 1), (1, -1), (-1, -1), (-1, 1)]
    return np.array([[mux, muy] + a * along + b * across for a, b in signs])
