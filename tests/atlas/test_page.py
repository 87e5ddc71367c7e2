"""Pages and the sprite: the same bytes each time, whole, of the right pictures."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from skyloom.atlas.numbers import evenly
from skyloom.atlas.page import sums, write_index
from skyloom.atlas.similar import similar
from skyloom.atlas.sprites import grey, side_for, signed, sprite


def test_a_sprite_holds_each_picture_at_its_place():
    """Rows of a grid from the upper left; one that is not square lies in the middle."""
    reds = [np.full((20, 20, 3), (v, 0, 0), np.uint8) for v in (50, 120, 200)]
    wide = np.zeros((10, 20, 3), np.uint8)
    made = sprite([*reds, wide], most=24)
    sheet = np.asarray(Image.open(io.BytesIO(made.content)), float)
    assert (made.columns, made.rows, made.side) == (2, 2, 24)
    centres = [sheet[12 + 24 * (i // 2), 12 + 24 * (i % 2)] for i in range(4)]
    assert np.allclose([c[0] for c in centres], [50, 120, 200, 0], atol=6)
    assert sheet[26, 36].min() > 240  # above the wide one
    assert made.content == sprite([*reds, wide], most=24).content


def test_some_rows_are_chosen_evenly():
    """The first and the last among them; all where there is room, none of none."""
    assert evenly(9, 3).tolist() == [0, 4, 8]
    assert evenly(2, 3).tolist() == [0, 1]
    assert evenly(0, 3).tolist() == []


def test_many_pictures_are_smaller_and_too_many_are_refused():
    """A browser shows no image that is larger than its memory."""
    assert side_for(3000) < side_for(10)
    with pytest.raises(ValueError, match="show fewer"):
        sprite([np.zeros((2, 2, 3), np.uint8)] * 100_000)


def test_pictures_have_their_first_row_at_the_bottom():
    """As astronomers show images; bright is dark, masked is neither."""
    image = np.zeros((4, 4))
    image[0, 0] = 10
    mask = np.zeros((4, 4), bool)
    mask[3, 3] = True
    shown = grey(image, white=10, mask=mask).astype(int)
    assert shown[3, 0].max() < 10
    assert shown[2, 0].min() > 150
    assert shown[0, 3, 2] - shown[0, 3, 0] > 20
    blue, red = signed(np.array([[-5.0, 5.0]]), 5.0)[0].astype(int)
    assert blue[2] > blue[0] + 50
    assert red[0] > red[2] + 50


def test_the_most_similar_come_first():
    """In units of each feature's scatter; what is not known is like none."""
    rng = np.random.default_rng(1)
    features = np.stack([rng.normal(0, 1, 50), rng.normal(0, 1000, 50)], axis=1)
    features[7] = np.nan
    features[1] = features[0] + [0.01, 1.0]
    found = similar(features)
    assert found[0][0] == 1
    assert found[7] == []
    assert all(len(one) == 8 for i, one in enumerate(found) if i != 7)
    assert not any(7 in one for one in found)
    assert similar(np.zeros((1, 2))) == [[]]


def test_the_index_leads_to_the_areas(tmp_path):
    """One link an area; what pages are made of has checksums for the rules."""
    path = tmp_path / "atlas" / "index.html"
    areas = {"builder": "galaxies & drawings", "quasars": "spectra"}
    write_index(path, "a <run>", areas, {})
    text = path.read_text()
    assert re.findall(r'href="(.*?)"', text) == ["builder.html", "quasars.html"]
    assert "a &lt;run&gt;" in text
    assert "galaxies &amp; drawings" in text
    assert set(sums()) == {"atlas.css", "browser.js", "core.js", "plot.js"}
