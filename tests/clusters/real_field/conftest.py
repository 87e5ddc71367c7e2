"""The transformation that comes with skyloom."""

import pytest
from skyloom.clusters.real_field.sdss import read_transform


@pytest.fixture(scope="session")
def transform(checkout):
    return read_transform(checkout / "resources/clusters")
