"""What lies about a simulated galaxy: companions, stars and far galaxies."""

from __future__ import annotations

import numpy as np

from skyloom.spirals.simulation.galaxy import Galaxy

STARS, GALAXIES = 4.0, 18.0  # per square arcminute


def add_others(image: np.ndarray, galaxy: Galaxy, scale: float, r) -> None:
    """Add companions, stars and far galaxies, the extended ones as many points."""
    n = image.shape[-1]
    area = (n * scale / 60) ** 2
    flux = 10 ** (0.4 * (22.5 - galaxy.magnitude))
    stars = 22.5 - 23.5 + 7.5 * r.exponential(0.28, r.poisson(STARS * area))
    far = 22.5 - 23.8 + 4.5 * r.exponential(0.28, r.poisson(GALAXIES * area))
    found = []
    for bright in stars.clip(max=5.5):
        colour = r.choice([0.35, 0.6, 1.3], p=[0.35, 0.35, 0.3]) + r.normal(0, 0.08)
        place = r.uniform(0, n - 1, (1, 2))
        found.append((place, 10 ** (0.4 * bright), colour, 0.9 * colour - 0.1))
    for bright in far.clip(max=3.5):
        place = r.uniform(0, n - 1, 2) + _blob(r.lognormal(-0.6, 0.35) / scale, 80, r)
        found.append((place, 10 ** (0.4 * bright), r.uniform(0.3, 1.5), 0.7))
    for x, y, share, radius in galaxy.companions:
        place = (n - 1) / 2 + np.array([x, y]) / scale
        place = place + _blob(radius / scale, 20000, r)
        found.append((place, share * flux, r.uniform(0.4, 0.8), 0.5))
    if found:
        _add_points(image, found)


def _blob(radius: float, n: int, r) -> np.ndarray:
    """Return points of an inclined exponential disk about the origin [px]."""
    far, angle = r.gamma(2, radius / 1.68, n), r.uniform(0, 2 * np.pi, n)
    turn, flat = r.uniform(0, np.pi), r.uniform(0.3, 1)
    a, b = far * np.cos(angle), flat * far * np.sin(angle)
    turned = a * np.cos(turn) - b * np.sin(turn), a * np.sin(turn) + b * np.cos(turn)
    return np.stack(turned, axis=1)


def _add_points(image: np.ndarray, sources: list) -> None:
    """Add sources: points x, y (n, 2) [px], their flux in r, g-r and r-z.

    A point goes to the four pixels about it.
    """
    n = image.shape[-1]
    places = np.concatenate([place for place, *_ in sources])
    sizes = [len(place) for place, *_ in sources]
    flux, gr, rz = np.repeat(np.array([s[1:] for s in sources]), sizes, axis=0).T
    flux = flux / np.repeat(sizes, sizes)
    low = np.floor(places).astype(int)
    inside = ((low >= 0) & (low < n - 1)).all(axis=1)
    low, part = low[inside], (places - low)[inside]
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            at = (low[:, 1] + dy) * n + low[:, 0] + dx
            for i, brighter in enumerate((-gr, 0.0, rz)):
                weight = share * (flux * 10 ** (0.4 * brighter))[inside]
                image[i] += np.bincount(at, weight, n * n).reshape(n, n)
