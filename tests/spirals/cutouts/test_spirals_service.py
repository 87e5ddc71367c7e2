"""Addresses of cutouts."""

from urllib.parse import parse_qs, urlsplit

import pytest
from skyloom.spirals.cutouts.service import address, request_size

BASE = "https://www.legacysurvey.org/viewer"


@pytest.mark.parametrize("pixscale", [0.1, 0.262, 0.31, 0.48, 1.6])
def test_field_is_covered(pixscale: float) -> None:
    """Never finer than the survey, never above 512 px, and the field always covered."""
    scale, size = request_size(pixscale)
    assert scale >= 0.262
    assert size <= 512
    assert scale * size >= 424 * pixscale - 1e-9
    assert scale * (size - 1) < 424 * pixscale


def test_address() -> None:
    """All that the service asks for is in the address."""
    parts = urlsplit(address(BASE + "/", "ls-dr8", -10.0, 5.5, 0.4))
    assert parts.path == "/viewer/cutout.fits"
    assert parse_qs(parts.query) == {
        "ra": ["350.0000000"],
        "dec": ["5.5000000"],
        "pixscale": ["0.33125"],
        "size": ["512"],
        "layer": ["ls-dr8"],
        "bands": ["grz"],
    }


@pytest.mark.parametrize(
    "place", [(float("nan"), 0.0), (1.0, 91.0), (1.0, float("nan"))]
)
def test_no_place(place: tuple[float, float]) -> None:
    """A position that is none has no address."""
    with pytest.raises(ValueError, match="expected a place on the sky"):
        address(BASE, "ls-dr8", *place, 0.3)
