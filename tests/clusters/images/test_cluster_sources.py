"""Sources of a catalogue and the stamps they need."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.clusters.images.psf import Psf
from skyloom.clusters.images.sources import sources, stamp_sizes
from small_fields import one_source, random_field

SIZES = (32, 64, 128, 256, 512, 1024)


def size(psf=None, share=6e-4, counts=0.3, **source):
    """Return the stamp of one source."""
    found = sources(one_source(10.0, 10.0, **source), "r")
    chosen = stamp_sizes(found, [psf or Psf(0.9)], SIZES, share, counts)
    return int(chosen[0]) or 10**6


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 5.0), st.floats(1.0, 3.0), st.floats(0, 1), st.floats(1e2, 1e6))
def test_larger_and_brighter_need_more(hlr, factor, fracdev, flux):
    """No stamp shrinks when a source grows, brightens or the seeing widens."""
    source = {"hlr": hlr, "fracdev": fracdev, "flux": flux}
    least = size(**source)
    assert size(counts=0.3 / factor, **source) >= least
    assert size(**{**source, "flux": flux * factor}) >= least
    assert size(share=6e-4 / factor, **source) >= least


def test_a_star_needs_little_and_a_bright_one_more():
    """Faint stars fit 32 pixels; one of mag 15 does not."""
    assert size(flux=1e3) == 32
    assert size(flux=1e6) > 64


def test_stars_have_no_shape():
    """A star's size and shear in the catalogue are not used."""
    table = one_source(1.0, 2.0)
    table["HLR"], table["G1"], table["FRACDEV"] = 3.0, 0.5, 1.0
    found = sources(table, "gr")
    assert (found.hlr[0], found.g1[0], found.fracdev[0]) == (0.0, 0.0, 0.0)
    assert found.flux.shape == (1, 2)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("X", np.nan),
        ("Y", np.inf),
        ("FLUX_R", np.nan),
        ("HLR", -1.0),
        ("FRACDEV", 1.5),
        ("G1", 1.0),
    ],
)
def test_a_source_that_cannot_be_drawn(column, value):
    """The message has the row."""
    table = random_field(5, 64)
    table["SOURCE_TYPE"] = 1
    table[column][3] = value
    with pytest.raises(ValueError, match="row 3"):
        sources(table, "r")


def test_a_band_without_fluxes():
    """A band the catalogue does not have is an error with its column."""
    with pytest.raises(KeyError, match="FLUX_Y"):
        sources(one_source(1.0, 1.0), "y")
