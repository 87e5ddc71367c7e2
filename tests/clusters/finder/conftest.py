"""Maps with clusters at known places, without an encoder."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.inference.blend import TileMaps

TILE = 64


@pytest.fixture
def made_maps():
    """Return a function that makes maps of clusters.

    Each cluster is (y, x) [px], z, λ and the expected number of centres, spread over
    the four nearest cells as interpolation would.
    """

    def make(clusters, *, rows=40, columns=40, masked=None) -> TileMaps:
        shape = (rows, columns)
        y, x = np.indices(shape) * TILE + (TILE - 1) / 2.0
        center, at_y, at_x = np.full(shape, 1e-5), y.copy(), x.copy()
        z, log = np.full(shape, 0.5), np.full(shape, np.log(25.0))
        membership = np.full(shape, 0.05)
        for (cy, cx), redshift, richness, number in clusters:
            share = np.clip(1 - np.abs(y - cy) / TILE, 0, 1)
            share *= np.clip(1 - np.abs(x - cx) / TILE, 0, 1)
            center += number * share
            at_y[share > 0], at_x[share > 0] = cy, cx
            near = np.hypot(y - cy, x - cx) < 12 * TILE
            nearest = near & (np.hypot(y - cy, x - cx) <= 6 * TILE)
            z[nearest], log[nearest] = redshift, np.log(richness)
            membership[np.hypot(y - cy, x - cx) < 2 * TILE] = 0.9
        valid = np.ones(shape)
        maps = {"membership": membership, "center": center, "n_members": 3 * center}
        maps |= {"center_y": at_y, "center_x": at_x}
        maps |= {"richness": log, "richness_var": np.full(shape, 0.04)}
        maps |= {"redshift": z, "redshift_var": np.full(shape, 4e-4)}
        if masked is not None:
            valid[masked] = 0.0
            for values in maps.values():
                values[masked] = np.nan
        size = {"tile": TILE, "height": rows * TILE, "width": columns * TILE}
        return TileMaps(**maps, valid=valid, **size)

    return make
