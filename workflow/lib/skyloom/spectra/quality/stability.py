"""Whether two maps of the same spectra say the same, up to how they lie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skyloom.som.grid import Shape, grid_distances, steps


def placements(shape: Shape, topology: str, lattice: str) -> Iterator[np.ndarray]:
    """Yield the units in each orientation of a map that keeps touching units together.

    Reflections, in a square of a rectangular lattice also turns, and on a torus all
    shifts of them. In a hexagonal lattice only those that keep distances are given;
    a sheet of it has one or two.
    """
    units = np.arange(shape[0] * shape[1]).reshape(shape)
    square = shape[0] == shape[1] and lattice == "rectangular"
    turned = [units, units.T] if square else [units]
    flips = [(down, across) for down in (1, -1) for across in (1, -1)]
    shifts = [(0, 0)]
    if topology == "torus":
        shifts = [(i, j) for i in range(shape[0]) for j in range(shape[1])]
    apart = steps(shape, topology, lattice)
    seen = set()
    for one in (u[::down, ::across] for u in turned for down, across in flips):
        for shift in shifts:
            place = np.roll(one, shift, axis=(0, 1)).ravel()
            known = place.tobytes() in seen
            if not known and np.array_equal(apart[place][:, place], apart):
                seen.add(place.tobytes())
                yield place


def compare(
    one: np.ndarray, other: np.ndarray, shape: Shape, topology: str, lattice: str
) -> dict[str, float]:
    """Return how alike two maps are by where they put the same spectra.

    Parameters
    ----------
    one, other : ndarray of int, shape (n,)
        Units of the spectra on both maps, of the same shape, topology and lattice.

    Returns
    -------
    dict
        ``ami``: adjusted mutual information of the units, 1 for the same partition and
        0 for independent ones. ``steps``: mean distance on the grid between the units
        of a spectrum, in the best orientation of the other map; ``steps_by_chance``:
        that of spectra drawn independently.
    """
    from sklearn.metrics import adjusted_mutual_info_score  # noqa: PLC0415 - heavy

    apart = grid_distances(shape, topology, lattice=lattice)
    n_units = shape[0] * shape[1]
    joint = np.bincount(one * n_units + other, minlength=n_units**2) / len(one)
    joint = joint.reshape(n_units, n_units)
    first, second = np.nonzero(joint)
    count = joint[first, second]
    best, place = min(
        (float(count @ apart[first, place[second]]), place.tolist())
        for place in placements(shape, topology, lattice)
    )
    chance = joint.sum(axis=1) @ apart[:, place] @ joint.sum(axis=0)
    ami = float(adjusted_mutual_info_score(one, other))
    return {"ami": ami, "steps": best, "steps_by_chance": float(chance)}
