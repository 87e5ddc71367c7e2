"""The order of data: by seed and epoch, file after file, for any number of readers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_fields import data, file_name
from skyloom.clusters.data import stream
from skyloom.clusters.data.files import write_file_data
from skyloom.clusters.data.stream import BatchOrder, FileData, collate, dealt
from skyloom.io.errors import InputError
from skyloom.learn.batches import loader

SIZES = (3, 5, 2, 4)
FIELDS = {0: [0, 1, 2], 1: [3, 4, 5, 6, 7], 2: [8, 9], 3: [10, 11, 12, 13]}
FEW = settings(max_examples=30, deadline=None)
NAMES = [file_name(k, n) for k, n in enumerate(SIZES)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return files whose images begin with the number of their field."""
    folder, made = tmp_path_factory.mktemp("file_data"), data(sum(SIZES))
    paths = []
    for k, fields in FIELDS.items():
        paths.append(folder / file_name(k, len(fields)))
        write_file_data(paths[-1], [made[i] for i in fields], "float16")
    return paths


def _fields(batches):
    return [batch["images"][:, 0, 0, 0].int().tolist() for batch in batches]


def _flat(lists):
    return [one for some in lists for one in some]


def test_every_datum_comes_once_an_epoch(files):
    """In batches of the asked size, images in float32 next to their own maps."""
    batches = list(loader(FileData(files), BatchOrder(files, 4, 1), 0))
    assert sorted(_flat(_fields(batches))) == list(range(14))
    assert [len(batch["images"]) for batch in batches] == [4, 4, 4, 2]
    made = data(14)
    for batch in batches:
        assert batch["images"].dtype == torch.float32
        for i, field in enumerate(_fields([batch])[0]):
            maps = made[field]["tile_catalog"]
            assert all(torch.equal(batch[key][i], maps[key]) for key in maps)


@pytest.mark.parametrize("kept", [0, 2**20])
def test_files_are_read_once(files, monkeypatch, kept):
    """Once an epoch, and no more than one is held; or once for all if they are few."""
    reads, read = [], stream.read_file_data
    monkeypatch.setattr(stream, "KEPT", kept)
    monkeypatch.setattr(
        stream, "read_file_data", lambda path, need: reads.append(path) or read(path)
    )
    held, order = FileData(files), BatchOrder(files, 4, 1)
    for epoch in range(2):
        order.set_epoch(epoch)
        for _ in loader(held, order, 0):
            assert list(held._read) == (reads if kept else reads[-1:])
    assert sorted(reads) == sorted(files if kept else files * 2)


def test_the_length_is_known_without_a_file():
    """None of these exists."""
    held, order = FileData(NAMES), BatchOrder(NAMES, 4, 1)
    assert (len(held), len(order), len(loader(held, order, 0))) == (14, 4, 4)
    assert len(list(order)) == 4


@FEW
@given(st.integers(0, 99), st.integers(0, 9), st.integers(1, 20))
def test_files_come_one_after_the_other(seed, epoch, batch):
    """No file is returned to, and each gives all it has."""
    order = BatchOrder(NAMES, batch, seed)
    order.set_epoch(epoch)
    file = np.repeat(np.arange(4), SIZES)[_flat(order)]
    assert (np.diff(file) != 0).sum() == 3
    assert sorted(_flat(order)) == list(range(14))


def test_orders_differ_by_epoch_and_seed_only():
    """Files and data are both shuffled; resuming at an epoch is being there."""
    order = BatchOrder(NAMES, 4, 1)
    epochs = []
    for epoch in range(20):
        order.set_epoch(epoch)
        epochs.append(tuple(_flat(order)))
    assert len(set(epochs)) == 20
    resumed = BatchOrder(NAMES, 4, 1)
    resumed.set_epoch(17)
    assert tuple(_flat(resumed)) == epochs[17]
    assert len({tuple(_flat(BatchOrder(NAMES, 4, seed))) for seed in range(20)}) == 20
    first = {np.searchsorted(np.cumsum(SIZES), e[0], side="right") for e in epochs}
    assert first == {0, 1, 2, 3}


def test_without_shuffling_the_order_is_the_lists():
    """In every epoch."""
    order = BatchOrder(NAMES, 5, 1, shuffle=False)
    order.set_epoch(3)
    assert _flat(order) == list(range(14))


@FEW
@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 5))
def test_ranks_share_the_batches_of_one(world, batch, workers):
    """All have as many, together they have all, and few come twice."""
    alone = [tuple(b) for b in BatchOrder(NAMES, batch, 7)]
    ranks = [
        BatchOrder(NAMES, batch, 7, rank=r, world=world, workers=workers)
        for r in range(world)
    ]
    shares = [[tuple(b) for b in order] for order in ranks]
    assert {len(share) for share in shares} == {len(order) for order in ranks}
    assert set(_flat(shares)) == set(alone)
    assert len(_flat(shares)) < len(alone) + world


@FEW
@given(st.integers(1, 40), st.integers(1, 6))
def test_each_worker_gets_a_run_of_batches(n, workers):
    """Those that a loader hands it in turn are successive ones."""
    order = dealt(n, workers)
    assert sorted(order) == list(range(n))
    for worker in range(workers):
        assert (np.diff(order[worker::workers]) == 1).all()


def test_workers_give_the_same_batches(files):
    """Two processes read; the batches are those of one, in the order dealt."""
    alone = _fields(loader(FileData(files), BatchOrder(files, 3, 1), 0))
    order = BatchOrder(files, 3, 1, workers=2)
    both = _fields(loader(FileData(files), order, 2))
    assert both == [alone[i] for i in dealt(len(alone), 2)]


def test_lightning_finds_the_epoch(files):
    """An interrupted fit goes on with the batches of an unbroken one."""
    from lightning_fabric.utilities.data import _set_sampler_epoch

    order = BatchOrder(files, 4, 1)
    _set_sampler_epoch(loader(FileData(files), order, 0), 5)
    assert order.epoch == 5


def test_places_beyond_the_end_are_refused(files):
    """They do not wrap."""
    with pytest.raises(IndexError):
        FileData(files)[[14]]


def test_only_needed_keys_are_batched(files):
    """And they need be the only ones in the file."""
    held = FileData(files, need=["membership"])
    assert set(held[[0, 13]]) == {"images", "membership"}


def test_files_of_other_fields_are_refused(tmp_path):
    """One with another pool than the first: it says which, and which key."""
    paths = [tmp_path / file_name(k, 1) for k in range(2)]
    for path, pool in zip(paths, (2, 4), strict=True):
        write_file_data(path, data(1, pool=pool))
    held = FileData(paths)
    with pytest.raises(InputError, match=r"file_data_1.*'images'.*\(4, 16, 16\)"):
        held[[0, 1]]


def test_collating_stacks():
    """Every key, along a new first axis."""
    made = data(3)
    batch = collate(made)
    assert torch.equal(batch["images"][1], made[1]["images"])
    assert torch.equal(batch["fluxes"][2], made[2]["tile_catalog"]["fluxes"])
