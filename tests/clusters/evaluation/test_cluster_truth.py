"""Clusters on an image: the right way up."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import angular_separation
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.clusters.evaluation import truth as module
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.tan import tan_wcs

SHAPE = (120, 300)
WCS_OF = tan_wcs(359.99, -45.0, SHAPE, 4.0)  # across RA 0


def clusters(x, y, size=0.5, z=0.4, richness=30.0):
    x, y = np.atleast_1d(x), np.atleast_1d(y)
    ra, dec = WCS_OF.all_pix2world(x.astype(float), y.astype(float), 0)
    n = len(x)
    values = {"Z_LAMBDA": z, "R_LAMBDA": size, "LAMBDA": richness}
    table = {k: np.broadcast_to(v, n).astype(float) for k, v in values.items()}
    return Table({"RA": ra % 360, "DEC": dec} | table)


def test_mask_is_indexed_as_the_image():
    """A cluster at column 250, row 30: not at column 30, row 250."""
    mask = module.truth_mask(WCS_OF, SHAPE, clusters(250, 30))
    radius = 0.5 * float(arcsec_per_mpc(0.4)) / 4.0
    assert mask.shape == SHAPE
    assert mask[30, 250]
    y, x = np.nonzero(mask)
    assert (np.round(x.mean()), np.round(y.mean())) == (250, 30)
    assert np.isclose(mask.sum(), np.pi * radius**2, rtol=0.03)
    assert not mask[:, :100].any()


@given(st.floats(-20, 320), st.floats(-20, 140), st.floats(0.2, 1.5))
@settings(max_examples=25, deadline=None)
def test_mask_is_the_sky_within_the_radius(x, y, size):
    """Pixel by pixel against angles on the sphere, over edges too."""
    table = clusters(x, y, size)
    mask = module.truth_mask(WCS_OF, SHAPE, table)
    rows, columns = np.indices(SHAPE)
    sky = WCS_OF.all_pix2world(columns.ravel(), rows.ravel(), 0)
    place = [np.radians(np.asarray(v)) for v in (*sky, table["RA"], table["DEC"])]
    away = np.degrees(angular_separation(*place)).reshape(SHAPE) * 3600
    limit = size * float(arcsec_per_mpc(0.4))
    # A tangent plane stretches angles by less than a part in ten thousand here.
    assert mask[away < 0.999 * limit - 0.1].all()
    assert not mask[away > 1.001 * limit + 0.1].any()


def test_far_clusters_are_on_no_image():
    """On the other side of the sky, or beside the image."""
    table = clusters([1000, 10], [30, 500])
    table.add_row([180.0, 45.0, 0.4, 0.5, 30.0])
    assert not module.truth_mask(WCS_OF, SHAPE, table).any()
    x, _, radius = module.circles(WCS_OF, table)
    assert np.isnan(x).tolist() == [False, False, True]
    assert (radius > 0).all()
    none = table[:0]
    assert not module.truth_mask(WCS_OF, SHAPE, none).any()


def test_only_rich_clusters_where_asked():
    table = clusters([50, 250], [60, 60], richness=[10.0, 40.0])
    mask = module.truth_mask(WCS_OF, SHAPE, table, above=20)
    assert not mask[60, 50]
    assert mask[60, 250]


@pytest.mark.parametrize("name", ["RA", "DEC", "Z_LAMBDA", "R_LAMBDA"])
def test_circles_of_nothing_are_refused(name):
    table = clusters([50, 60], [60, 60])
    table[name][1] = np.nan
    with pytest.raises(ValueError, match="cluster 1"):
        module.truth_mask(WCS_OF, SHAPE, table)


def test_a_pixel_at_the_radius_is_in(monkeypatch):
    """Three pixels off is in a circle of three, a diagonal step more is not."""
    circle = (np.array([10.0]), np.array([20.0]), np.array([3.0]))
    monkeypatch.setattr(module, "circles", lambda *_: circle)
    mask = module.truth_mask(WCS_OF, SHAPE, clusters(10, 20))
    assert mask[20, 7:14].all()
    assert mask[17:24, 10].all()
    assert not mask[17, 11]
    assert mask.sum() == 29
