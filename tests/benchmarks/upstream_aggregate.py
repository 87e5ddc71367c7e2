"""A straightforward re-statement of the published aggregation, to measure against.

Shapely polygons inside a numerically differentiated minimiser, and distances of
polylines in Python loops. Written from the description, not from the code; where it
is slow, it is slow for the reasons the original was.
"""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from scipy.optimize import minimize
from shapely import affinity
from sklearn.cluster import DBSCAN

EPS = {"disk": 0.3, "bulge": 0.4, "bar": 0.47839828}
FIELDS = ("mux", "muy", "roll", "q", "Re")


def polygon(numbers, name):
    """Return a component's outline."""
    mux, muy, roll, q, size = numbers
    unit = shapely.box(-1, -1, 1, 1) if name == "bar" else shapely.Point(0, 0).buffer(1)
    scaled = affinity.scale(unit, q * size, size)
    turned = affinity.rotate(scaled, roll, origin=(0, 0), use_radians=True)
    return affinity.translate(turned, mux, muy)


def distance(one, two):
    """Return the Jaccard distance of two polygons."""
    union = one.union(two).area
    return 1 - one.intersection(two).area / union if union > 0 else 1.0


def largest_cluster(matrix, eps):
    """Return which objects are in the largest cluster."""
    if len(matrix) == 0:
        return np.zeros(0, bool)
    labels = DBSCAN(eps=eps, min_samples=4, metric="precomputed").fit_predict(matrix)
    sizes = np.bincount(labels[labels >= 0])
    return labels == np.argmax(sizes) if len(sizes) else np.zeros(len(labels), bool)


def component(parts, name):
    """Return the members and the consensus of a component's drawings."""
    shapes = np.array([[part[key] for key in FIELDS] for part in parts])
    drawn = [polygon(shape, name) for shape in shapes]
    matrix = np.array([[distance(a, b) for b in drawn] for a in drawn])
    member = largest_cluster(matrix, EPS[name])
    if not member.any():
        return member, None
    kept = [p for p, m in zip(drawn, member, strict=True) if m]

    def total(x):
        return sum(distance(polygon(x, name), other) for other in kept)

    bounds = [(None, None)] * 3 + [(0.05, 1.0), (0.1, None)]
    return member, minimize(total, shapes[member].mean(axis=0), bounds=bounds).x


def to_segment(point, a, b):
    """Return the distance of a point to a segment."""
    along = b - a
    squared = along @ along
    share = np.clip((point - a) @ along / squared, 0, 1) if squared > 0 else 0.0
    return np.hypot(*(point - a - share * along))


def one_way(line, other):
    """Return the mean squared distance of a line's vertices to another line."""
    nearest = [
        min(to_segment(p, a, b) for a, b in itertools.pairwise(other)) for p in line
    ]
    return np.mean(np.square(nearest))


def line_matrix(lines):
    """Return the distances of lines, pair by pair."""
    out = np.zeros((len(lines), len(lines)))
    for i, one in enumerate(lines):
        for j, two in enumerate(lines[:i]):
            out[i, j] = out[j, i] = one_way(one, two) + one_way(two, one)
    return out


def aggregate(models, width):
    """Aggregate volunteers' models (contract form): members, shapes, line labels."""
    found = {
        name: component([m[name] for m in models if m[name]], name)
        for name in EPS
        if any(m[name] for m in models)
    }
    lines = [np.array(arm["points"]) / width for m in models for arm in m["spiral"]]
    lines = [line for line in lines if len(line) > 5]
    if not lines:
        return found, np.zeros(0, int)
    matrix = line_matrix(lines)
    finder = DBSCAN(eps=1e-3, min_samples=4, metric="precomputed")
    return found, finder.fit_predict(matrix)
