"""Batches of galaxies: with the seed's names, in an order of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from skyloom.io.errors import InputError
from skyloom.spirals.config_learning import Train
from skyloom.spirals.dataset import images
from skyloom.spirals.dataset.batches import Galaxies
from skyloom.spirals.dataset.images import Order, Pictures, with_masks
from skyloom.spirals.questions import columns

SIDE, NUMBER = 40, 12
# The picture is as large as the canvas.
SKY = {"ra": 150.0, "dec": 2.0, "pixscale": 525 * 0.099 / 424, "redshift": 0.03}


@pytest.fixture
def survey(tmp_path):
    """Return folder and table: every other galaxy has marks, every third votes."""
    rows, draw = [], np.random.default_rng(1)
    counts = np.zeros((NUMBER, 2, SIDE, SIDE), np.float16)
    for i in range(NUMBER):
        name, marked = f"galaxy{i:02d}", i % 2 == 0
        votes = dict.fromkeys(columns(), 0)
        if i % 3 == 0:
            votes["bar-dr5_strong"] = i + 1
        row = {"name": name, **SKY, "marks": marked, **votes}
        row |= {"spiral_asked": 3 * marked, "bar_asked": 0}
        row["part"] = "train" if i < 8 else "validate"
        rows.append(row)
        counts[i, 0, -8:-2, -8:-2] = 2 * marked
    images = draw.integers(0, 255, (NUMBER, SIDE, SIDE, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "counts.npy", counts)
    return tmp_path, pd.DataFrame(rows)


def opened(survey) -> Pictures:
    """Return the pictures, of one chunk."""
    folder, table = survey
    return Pictures(
        table, [(table["name"], folder / "images.npy", folder / "counts.npy")]
    )


def data_of(survey, seed=1, heads="joint", workers=0) -> Galaxies:
    how, part = Train(batch=4, workers=workers), survey[1]["part"]
    return Galaxies(opened(survey), part, 32, 0.8, how, seed, heads)


def test_an_item_is_what_lies_in_the_files(survey):
    batch = opened(survey)[None, [0, 1]]
    assert batch["image"].dtype == torch.uint8
    images = np.load(survey[0] / "images.npy")
    assert (batch["image"].numpy() == images[:2].transpose(0, 3, 1, 2)).all()
    assert batch["counts"].dtype == torch.float16
    assert (batch["counts"].numpy() == np.load(survey[0] / "counts.npy")[:2]).all()
    assert batch["asked"].tolist() == [[3, 0], [0, 0]]
    assert batch["votes"][0, columns().index("bar-dr5_strong")] == 1
    assert batch["row"].tolist() == [0, 1]


def test_galaxies_are_found_by_name(survey):
    """A table may have some of them, in another order; not one that no chunk has."""
    folder, table = survey
    packs = [(table["name"], folder / "images.npy", folder / "counts.npy")]
    some = Pictures(table.iloc[[5, 2]], packs)
    images = np.load(folder / "images.npy")
    assert (some.image(0) == images[5]).all()
    assert (some.counts(1) == np.load(folder / "counts.npy")[2]).all()
    with pytest.raises(ValueError, match="galaxy99 is in the table"):
        Pictures(table.assign(name="galaxy99"), packs)


def test_batches_have_the_names_and_shapes_of_the_seed(survey):
    batch = next(data_of(survey).straight("validate"))
    assert {k: tuple(v.shape) for k, v in batch.items()} == {
        "image": (3, 3, 32, 32),
        "spiral_mask": (3, 1, 32, 32),
        "bar_mask": (3, 1, 32, 32),
        "label_cols": (3, 34),
        "spiral_asked": (3,),
        "bar_asked": (3,),
        "row": (3,),
    }
    floats = {k: v.dtype for k, v in batch.items() if k != "row"}
    assert set(floats.values()) == {torch.float32}
    assert 0 <= batch["image"].min() < batch["image"].max() <= 1
    assert batch["spiral_mask"].max() == pytest.approx(2 / 3, abs=1e-3)


def rows_of(loader) -> list[list[int]]:
    return [batch["row"].tolist() for batch in loader]


def test_order_and_turns_follow_from_seed_and_epoch(survey):
    def epoch(number: int, seed: int = 1) -> list[torch.Tensor]:
        data = data_of(survey, seed=seed)
        loader = data.train_dataloader()
        loader.sampler.set_epoch(number)
        return [data.on_after_batch_transfer(b, 0)["image"] for b in loader]

    first = epoch(1)
    assert all(torch.equal(a, b) for a, b in zip(first, epoch(1), strict=True))
    for other in (epoch(2), epoch(1, seed=2)):
        assert not torch.equal(first[0], other[0])


def test_validation_is_always_the_same(survey):
    first, again = (next(data_of(survey).straight("validate")) for _ in range(2))
    assert torch.equal(first["image"], again["image"])
    assert first["row"].tolist() == [8, 9, 10]  # 11 has neither marks nor votes


@pytest.mark.parametrize(
    ("heads", "rows"),
    [("joint", {0, 2, 3, 4, 6}), ("segmentation", {0, 2, 4, 6}), ("votes", {0, 3, 6})],
)
def test_heads_see_what_they_learn_from(survey, heads, rows):
    data = data_of(survey, heads=heads)
    assert set(data.rows("train")) == rows
    assert {r for batch in rows_of(data.train_dataloader()) for r in batch} == rows


def test_one_head_sees_the_batches_of_both_less_what_it_has_no_use_for():
    marked = np.arange(40) % 4 == 0
    voted = np.arange(40) % 2 == 1
    both = Order(range(40), marked, marked | voted, 8, 1)
    alone = Order(range(40), marked, marked, 8, 1)
    kept = [[row for row in rows if marked[row]] for _, rows in both]
    assert kept == [rows for _, rows in alone]


def test_few_masks_are_in_every_batch():
    """Others come once an epoch; those with masks as often as is needed, equally."""
    marked = np.arange(203) < 3
    order = Order(range(203), marked, np.ones(203, bool), 16, 1)
    batches = [np.array(rows) for _, rows in order]
    assert all(marked[rows].sum() >= 3 for rows in batches[:-1])
    seen = np.bincount(np.concatenate(batches), minlength=203)
    assert (seen[3:] == 1).all()
    assert seen[:3].min() >= seen[:3].max() - 1
    share = seen[:3].sum() / seen.sum()
    assert share == pytest.approx(0.25, abs=0.01)


def test_ranks_share_the_batches():
    """Each has as many; together they have all."""
    none = np.zeros(30, bool)
    orders = [Order(range(30), none, ~none, 4, 1, rank=r, world=3) for r in range(3)]
    assert {len(order) for order in orders} == {3}
    parts = [[tuple(rows) for _, rows in order] for order in orders]
    alone = {tuple(rows) for _, rows in Order(range(30), none, ~none, 4, 1)}
    assert {rows for part in parts for rows in part} == alone
    keys = [key for order in orders for key, _ in order]
    assert len(set(keys)) == 8


def test_masks_are_hidden_and_votes_stay(survey):
    table = survey[1]
    one, two = with_masks(table, 1, 5), with_masks(table, 2, 5)
    left = [set(t.loc[t["spiral_asked"] > 0, "name"]) for t in (one, two)]
    held = set(table.loc[(table["part"] != "train") & table["marks"], "name"])
    assert held < left[0] < left[1]
    assert [len(part - held) for part in left] == [1, 2]
    assert one[columns()].equals(table[columns()])
    assert not one.loc[one["spiral_asked"] == 0, "marks"].any()
    assert (table["spiral_asked"] > 0).sum() == 6
    with pytest.raises(ValueError, match="4 galaxies are wanted; 4 of those"):
        with_masks(table, 4, 5)


def test_pictures_that_fit_are_read_once(survey, monkeypatch):
    data, read = data_of(survey), []
    own = Pictures.read
    monkeypatch.setattr(Pictures, "read", lambda *a: read.append(a[1]) or own(*a))
    first = rows_of(data.train_dataloader())
    assert rows_of(data.train_dataloader()) == first
    assert sorted(read) == sorted(set(read))


def test_workers_read_what_does_not_fit(survey, monkeypatch):
    monkeypatch.setattr(images, "KEPT", 1000)
    data = data_of(survey, workers=1)
    loader = data.train_dataloader()
    assert loader.num_workers == 1
    found = [data.on_after_batch_transfer(batch, 0) for batch in loader]
    monkeypatch.undo()
    kept = data_of(survey)
    own = [kept.on_after_batch_transfer(b, 0) for b in kept.train_dataloader()]
    for a, b in zip(found, own, strict=True):
        assert all(torch.equal(a[key], b[key]) for key in a)


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "empty": lambda path: path.write_bytes(b""),
    "no array": lambda path: path.write_text("hello"),
    "other axes": lambda path: np.save(path, np.zeros((NUMBER, 4))),
    "other galaxies": lambda path: np.save(path, np.zeros((3, SIDE, SIDE, 3))),
    "pickled": lambda path: np.save(path, np.array([{}]), allow_pickle=True),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["images.npy", "counts.npy"])
def test_damaged_arrays_are_refused(survey, damage, name):
    DAMAGES[damage](survey[0] / name)
    with pytest.raises(InputError, match=name):
        opened(survey)


def test_nothing_to_learn_is_refused():
    none = np.zeros(4, bool)
    with pytest.raises(ValueError, match="neither marks nor votes"):
        Order(range(4), none, none, 2, 1)
