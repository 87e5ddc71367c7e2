"""Turned and mirrored batches are those of the moved catalogues."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_fields import SHAPE, TILE, catalog, clusters, data, sources
from skyloom.clusters.data.augment import ELEMENTS, augmented, turned
from skyloom.clusters.data.stream import collate
from skyloom.clusters.data.tiles import KEYS, tile_catalog
from skyloom.run.seeds import rng

FEW = settings(max_examples=20, deadline=None)
SEEDS = st.integers(0, 10_000)
SIDE = SHAPE[0]


def _painted(table, shape=SHAPE):
    """Return an image with each source's fluxes in the pixel that it lies in."""
    image = np.zeros((4, *shape), np.float32)
    rows, columns = (np.round(np.array(table[c])).astype(int) for c in "YX")
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    for band, name in enumerate("GRIZ"):
        values = np.array(table[f"FLUX_{name}"], np.float32)[inside]
        np.add.at(image[band], (rows[inside], columns[inside]), values)
    return image


def _batch(table, rich, shape=SHAPE):
    maps = tile_catalog(table, rich, shape, TILE)
    images = torch.from_numpy(_painted(table, shape))
    return collate([{"tile_catalog": maps, "images": images}])


def _turned_table(table, mirrored, quarters):
    """Move positions and shears as a sheet of paper moves, X first mirrored."""
    table = table.copy()
    if mirrored:
        table["X"] = SIDE - 1 - table["X"]
        if "G2" in table.colnames:
            table["G2"] = -table["G2"]
    for _ in range(quarters):
        table["X"], table["Y"] = table["Y"].copy(), SIDE - 1 - table["X"]
        if "G2" in table.colnames:
            table["G1"], table["G2"] = -table["G1"], -table["G2"]
    return table


def _assert_same(batch, expected):
    for key in ("images", *KEYS):
        got, wanted = batch[key], expected[key]
        torch.testing.assert_close(got, wanted, atol=1e-6, rtol=1e-6, msg=key)


@FEW
@given(SEEDS, st.sampled_from(ELEMENTS))
def test_turning_is_what_turned_catalogues_give(seed, element):
    """Every key, and the pixels in which the sources lie."""
    table, rich = sources(40, seed), clusters(4, seed)
    got = turned(_batch(table, rich), element)
    moved = [_turned_table(t, element >= 4, element % 4) for t in (table, rich)]
    _assert_same(got, _batch(*moved))


@FEW
@given(SEEDS, st.sampled_from(ELEMENTS))
def test_the_inverse_undoes(seed, element):
    """Images exactly, fractions to rounding."""
    inverse = element if element >= 4 else -element % 4
    batch = _batch(sources(40, seed), clusters(4, seed))
    _assert_same(turned(turned(batch, element), inverse), batch)
    again = turned(turned(batch, element), inverse)
    assert torch.equal(again["images"], batch["images"])


def test_the_eight_elements_differ():
    """And the first moves nothing."""
    batch = _batch(sources(40), clusters(4))
    images = [turned(batch, element)["images"] for element in ELEMENTS]
    assert torch.equal(images[0], batch["images"])
    assert len({tuple(image.flatten().tolist()) for image in images}) == 8


def test_brightness_stays():
    """No channel is changed, none exchanged with another."""
    batch = collate(data(6))
    got = augmented(batch, rng(1, "augment"))
    for one, other in zip(got["images"], batch["images"], strict=True):
        assert torch.equal(one.flatten(1).sort().values, other.flatten(1).sort().values)
    assert got["fluxes"].sum().item() == pytest.approx(batch["fluxes"].sum().item())


def test_each_field_of_a_batch_is_drawn_for_itself():
    """All eight come up, and each field is one of them."""
    one = data(1)[0]
    batch = collate([one] * 64)
    got = augmented(batch, rng(1, "augment"))
    options = [turned(collate([one]), element) for element in ELEMENTS]
    seen = set()
    for i in range(64):
        same = [torch.equal(o["images"][0], got["images"][i]) for o in options]
        seen.add(same.index(True))
        key = options[same.index(True)]["locs"][0]
        assert torch.equal(got["locs"][i], key)
    assert seen == set(ELEMENTS)


def test_the_generator_decides():
    """Same seed, same batch; another, another. The batch itself stays as it was."""
    batch = collate(data(8))
    before = {key: value.clone() for key, value in batch.items()}
    runs = [augmented(batch, rng(s, "augment")) for s in (1, 1, 2)]
    assert all(torch.equal(runs[0][key], runs[1][key]) for key in batch)
    assert not torch.equal(runs[0]["images"], runs[2]["images"])
    assert all(torch.equal(batch[key], before[key]) for key in batch)


def test_fields_that_are_not_square_keep_their_sides():
    """Only the four elements without a quarter turn are drawn."""
    shape = (16, 40)
    batch = _batch(sources(40, 0, shape), clusters(2, 0, shape), shape)
    batch = {key: value.repeat_interleave(30, 0) for key, value in batch.items()}
    got = augmented(batch, rng(5))
    assert {k: v.shape for k, v in got.items()} == {
        k: v.shape for k, v in batch.items()
    }
    elements = {tuple(x.flatten().tolist()) for x in augmented(batch, rng(5))["images"]}
    assert len(elements) == 4


def test_images_and_some_keys_are_enough():
    """A batch of the keys that a loss reads moves like the whole one."""
    batch = collate(data(3))
    some = {key: batch[key] for key in ("images", "center", "center_locs", "valid")}
    got, whole = (augmented(b, rng(7)) for b in (some, batch))
    assert all(torch.equal(got[key], whole[key]) for key in some)


def test_empty_tiles_keep_their_zeros():
    """A position of 0 without a source is no position and must not become 1."""
    maps = catalog(n=3)
    images = torch.zeros(4, 16, 16)
    got = turned(collate([{"tile_catalog": maps, "images": images}]), 2)
    assert not got["locs"][got["n_sources"] == 0].any()
    assert (got["n_sources"] == 0).any()
