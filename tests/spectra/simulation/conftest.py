"""What tests of the simulated survey share: populations, noise, settings, a galaxy."""

import pytest
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.simulation.galaxies import draw
from skyloom.spectra.simulation.noise import read_noise
from skyloom.spectra.simulation.populations import read_library
from skyloom.spectra.simulation.survey import simulate


@pytest.fixture(scope="session")
def library():
    return read_library()


@pytest.fixture(scope="session")
def noise():
    return read_noise()


@pytest.fixture(scope="session")
def settings():
    return Simulate.stated(
        {
            "spectra": 24,
            "fibres": [19, 37, 61, 91, 127],
            "redshift": [0.01, 0.15],
            "sn": [5.0, 60.0],
            "templates": None,
        }
    )


@pytest.fixture(scope="session")
def galaxy():
    return draw("9001-6101", "1-500001", (0.01, 0.15), 1)


@pytest.fixture(scope="session")
def spectra(galaxy, settings, library, noise):
    return simulate(galaxy, settings, library, noise, 1)
