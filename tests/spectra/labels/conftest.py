"""Spectra with labels, their map, and its labels."""

import pytest
from labelled_spectra import NAMES, galaxies, map_of
from skyloom.spectra.config_map import Labels
from skyloom.spectra.labels.fit import fit_labels


@pytest.fixture(scope="session")
def survey():
    """Return training spectra, those of other galaxies, and a map of the first."""
    seen, unseen = galaxies(120, 20, 1), galaxies(80, 15, 2, first=1000)
    return seen, unseen, map_of(seen)


@pytest.fixture(scope="session")
def labels(survey):
    """Return the labels of the map."""
    seen, _, made = survey
    return fit_labels(made, seen, NAMES, Labels().calibrate, 1)
