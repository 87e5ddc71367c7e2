"""Maps of real spectra: 24 DESI targets on the network's grid."""

import numpy as np
import pytest
from skyloom.som.matching import bmu
from skyloom.som.quality import occupancy, quantisation_error
from skyloom.som.training import train

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def spectra(real):
    path = real / "quasars" / "quasarnp_desi" / "coadd_x.npy"
    return np.load(path, allow_pickle=False)


def test_bmu_of_real_spectra_is_the_nearest(spectra):
    """By brute force in float64."""
    som = train(spectra, (3, 3), "torus", 10, np.random.default_rng(1))
    index, distance = bmu(som, spectra)
    apart = np.linalg.norm(spectra[:, None] - som.prototypes, axis=2)
    assert (index == apart.argmin(axis=1)).all()
    np.testing.assert_allclose(distance, apart.min(axis=1), rtol=1e-5)
    assert occupancy(index, som.shape).sum() == len(spectra) == 24


def test_more_units_represent_real_spectra_better(spectra):
    """The quantisation error falls from 1 to 9 to 36 units."""
    errors = [
        quantisation_error(
            train(spectra, (k, k), "sheet", 20, np.random.default_rng(1)), spectra
        )
        for k in (1, 3, 6)
    ]
    assert errors[0] > errors[1] > errors[2]
