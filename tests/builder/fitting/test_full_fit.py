"""The fit of the fullest model does not depend on where its search begins."""

import numpy as np
import pytest
from skyloom.builder.fitting.full_fit import full_fit
from skyloom.builder.model import Model, Sersic, replace
from synthetic import SCATTER, observed

DISK = Sersic(47.3, 46.6, 0.6, 0.7, 16.0, 0.2)
BULGE = Sersic(47.1, 46.9, 0.6, 0.9, 2.2, 1.0, n=1.8)
BAR = Sersic(47.1, 46.9, 1.7, 0.3, 6.0, 0.5, n=0.6, c=2.3)
GALAXY = Model(DISK, BULGE, BAR)
ERRORS = {"disk": SCATTER["disk"], "spiral": []}
STARTS = {
    "near": Model(DISK, BULGE, BAR),
    "disk alone": Model(disk=replace(DISK, Re=11.0, q=0.9)),
    "bulge and disk have changed places": Model(
        replace(DISK, Re=7.0), replace(BULGE, Re=15.0, n=0.7)
    ),
    "a bar across the true one": Model(DISK, BULGE, replace(BAR, roll=0.1, Re=9.0)),
}


def fit(start):
    return full_fit([start], Model(disk=DISK), ERRORS, observed(GALAXY, shape=(95, 94)),
                    60, 0, 1.0)  # fmt: skip


@pytest.fixture(scope="module")
def ends():
    return {name: fit(start) for name, start in STARTS.items()}


def test_all_starts_have_one_end(ends):
    """The same chi², and the same disk."""
    best = min(full.objective for full, _ in ends.values())
    for name, (full, _) in ends.items():
        assert full.objective < best + 10, name
        assert full.shape.disk.Re == pytest.approx(DISK.Re, rel=0.05), name
        assert full.shape.bulge.Re == pytest.approx(BULGE.Re, rel=0.3), name


def test_a_start_without_a_bar_is_proposed(ends):
    """Disk and bulge have no more of it than they must, and lie in the image."""
    for _, barless in ends.values():
        assert barless.bar is None
        assert barless.bulge.Re < barless.disk.Re
        assert np.hypot(barless.disk.mux - 47, barless.disk.muy - 47) < 3
