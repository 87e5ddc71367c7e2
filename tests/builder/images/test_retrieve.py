"""Addresses of public archives."""

import pytest
from skyloom.builder.images.retrieve import frame_url, subject_urls


def test_frame_address():
    """The data model's name, under the configured folder."""
    url = frame_url("https://archive/frames/", 5137, 4, 148)
    assert url == "https://archive/frames/301/5137/4/frame-r-005137-4-0148.fits.bz2"


@pytest.mark.parametrize("change", [{"camcol": 7}, {"band": "b"}, {"run": -1}])
def test_no_such_frame(change):
    """Columns are 1 to 6, bands ugriz."""
    with pytest.raises(ValueError, match="no SDSS frame"):
        frame_url("https://a", **{"run": 1, "camcol": 1, "field": 1, **change})


def test_subject_addresses():
    """By name; a missing one is named."""
    urls = subject_urls({"0": "a", "1": "b", "2": "c"})
    assert urls == {"difference.json": "a", "image.png": "b", "model.json": "c"}
    with pytest.raises(ValueError, match=r"no address of model\.json"):
        subject_urls({"0": "a", "1": "b"})
