"""README's pictures, which `make pictures` makes of the demo's products."""

import pytest
from checkouts import CHECKOUT
from PIL import Image

AREAS = ("builder", "quasars", "clusters", "spectra", "spirals")


@pytest.mark.parametrize("area", AREAS)
def test_an_area_has_a_front_picture(area):
    """In full colour, as wide as a page shows, and soon there."""
    path = CHECKOUT / "workflow" / "report" / area / "front.png"
    with Image.open(path) as image:
        assert image.mode in ("RGB", "RGBA")
        assert 600 <= image.width <= 1400
        assert image.info["Description"] == "of the run demo"
    assert path.stat().st_size < 250_000


def test_no_other_picture_is_kept():
    """None that nothing makes: it would grow old."""
    folder = CHECKOUT / "workflow" / "report"
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert kept == {f"{area}/front.png" for area in AREAS}
