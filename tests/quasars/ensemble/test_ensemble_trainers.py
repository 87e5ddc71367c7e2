"""Both trainers in the same words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from quasar_toys import ARCH, toys
from skyloom.quasars.config import Train
from skyloom.quasars.ensemble.bootstrap import Draw
from skyloom.quasars.ensemble.trainers import TRAINERS, Task, train
from skyloom.quasars.network.files import read_parameters, save_member

QUICK = Train(epochs=1, batch=32, rate=1e-3, momentum=0.8)


@pytest.fixture(scope="module")
def task():
    data, *_ = toys(80)
    held, rest = data.rows(np.arange(60, 80)), data.rows(np.arange(60))
    return Task(rest, held, ARCH, QUICK)


@pytest.fixture(autouse=True)
def threads():
    """Put the number of torch's threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def drawn(*seeds):
    rows = [np.sort(np.random.default_rng(s).integers(0, 60, 60)) for s in seeds]
    return [Draw(r, ~np.isin(np.arange(60), r)) for r in rows]


@pytest.mark.parametrize("name", TRAINERS)
def test_members_come_in_the_order_of_their_seeds(task, name, tmp_path):
    """Each with its history, in the form that is saved."""
    task = replace(task, trainer=name)
    seeds = [2**62 + 1, 2] if name == "torch" else [2**62 + 1]
    for i, (network, history) in enumerate(train(task, seeds, drawn(*seeds))):
        path = tmp_path / f"net_{i}.keras"
        save_member(path, network, {"history": history})
        assert read_parameters(path).arch == ARCH
        assert [set(entry) for entry in history] == [
            {"epoch", "loss", "rate", "val_loss", "best"}
        ]
    assert len(list(tmp_path.iterdir())) == len(seeds)


def test_one_thread_gives_one_order_of_sums(task):
    """However many threads there were: bytes must not depend on the machine."""
    torch.set_num_threads(2)
    next(train(replace(task, trainer="torch"), [1], drawn(1)))
    assert torch.get_num_threads() == 1


def test_as_many_draws_as_seeds(task):
    """A draw too few is no silent loss of a member."""
    with pytest.raises(ValueError, match="shorter"):
        list(train(replace(task, trainer="torch"), [1, 2], drawn(1)))


def test_another_trainer_is_refused(task):
    """Those that exist are named."""
    with pytest.raises(ValueError, match="'jax': expected one of keras, torch"):
        next(train(replace(task, trainer="jax"), [1], drawn(1)))
