"""Transforms of the round galaxies against GalSim's."""

import galsim
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.clusters.images.grid import de_vaucouleurs, exponential

PAIRS = [(exponential, galsim.Exponential), (de_vaucouleurs, galsim.DeVaucouleurs)]
ACCURATE = galsim.GSParams(kvalue_accuracy=1e-7)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@settings(deadline=None)
@given(u=st.floats(0.0, 300.0))
def test_transform_is_galsims(ours, theirs, u):
    """The value at any wavenumber is GalSim's to 2e-5."""
    value = float(ours(torch.tensor([u**2], dtype=torch.float64))[0])
    profile = theirs(half_light_radius=1.0, gsparams=ACCURATE)
    assert value == pytest.approx(profile.kValue(u, 0.0).real, abs=2e-5)


@pytest.mark.parametrize("transform", [exponential, de_vaucouleurs])
def test_flux_is_one_and_falls(transform):
    """One at zero, lower at every higher wavenumber, in single precision too."""
    u2 = torch.linspace(0.0, 400.0, 4001)
    values = transform(u2).numpy()
    assert values[0] == pytest.approx(1.0, abs=1e-5)
    assert (np.diff(values) < 0).all()
    assert (values > 0).all()
