"""The Keras trainer: it learns, repeats itself, and agrees with the torch trainer."""

from dataclasses import replace

import numpy as np
import pytest
from quasar_toys import toys
from skyloom.quasars.config import Train
from skyloom.quasars.ensemble import train
from skyloom.quasars.ensemble.stacked import Stacked
from skyloom.quasars.ensemble.train_torch import Member, train_members
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.files import parameters_of, save_member
from skyloom.quasars.network.model import build, set_parameters
from skyloom.quasars.network.parameters import arrays_of
from skyloom.quasars.network.run_numpy import Runner

QUICK = Train(
    epochs=6, batch=32, rate=2e-3, schedule="cosine", warmup=0.1, noise=1, momentum=0.8
)
ARCH = Architecture(n_layers=4, filters=8, dense=12)
SEED = 5


@pytest.fixture(scope="module")
def few():
    data, *_ = toys(128)
    return data.rows(np.arange(96)), data.rows(np.arange(96, 128))


@pytest.fixture(scope="module")
def member(few):
    data, held = few
    return train.train_member(data, np.arange(96), ARCH, QUICK, SEED, validation=held)


def test_losses_fall(member):
    """Losses and rates are followed each epoch, on training and held-out targets."""
    _, history = member
    assert [entry["epoch"] for entry in history] == list(range(QUICK.epochs))
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[1]["rate"] < history[0]["rate"]
    assert {"val_loss", "best"} <= history[0].keys()


def test_same_seed_same_bytes(few, member, tmp_path):
    """Two trainings write the same file."""
    data, held = few
    again, _ = train.train_member(
        data, np.arange(96), ARCH, QUICK, SEED, validation=held
    )
    for name, model in (("a", member[0]), ("b", again)):
        save_member(tmp_path / f"{name}.keras", model, {"seed": SEED})
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def test_both_trainers_take_the_same_steps(few, monkeypatch):
    """From the same weights, without chance, the networks stay the same.

    Adam turns rounding of vanishing gradients into steps, so it is outputs that are
    compared.
    """
    data, _ = few
    arch = replace(ARCH, dropout=0.0)
    calm = Train(
        epochs=2, batch=32, rate=1e-4, amsgrad=True, momentum=0.5, keep_best=False
    )

    def same_start(shape):
        model = build(shape)
        set_parameters(model, Stacked(shape, [SEED], 0.5).parameters_of(0))
        return model

    monkeypatch.setattr(train, "build", same_start)
    rows = np.arange(96)
    model, history = train.train_member(data, rows, arch, calm, SEED)
    (other,) = train_members([Member(SEED, rows)], data, arch, calm)
    expected = [entry["loss"] for entry in history]
    assert [e["loss"] for e in other.history] == pytest.approx(expected, rel=1e-3)
    members = [parameters_of(model), other.parameters]
    keras_says, torch_says = Runner(members).predict(data.x)
    start = Runner([Stacked(arch, [SEED], 0.5).parameters_of(0)]).predict(data.x)[0]
    moved = np.abs(keras_says - start).max()
    assert np.abs(keras_says - torch_says).max() < 0.02 * moved


def test_momentum_is_set(few):
    """Running statistics follow at the pace of the settings."""
    data, _ = few
    slow, fast = (
        train.train_member(
            data,
            np.arange(96),
            ARCH,
            QUICK.model_copy(update={"epochs": 1, "momentum": m, "keep_best": False}),
            SEED,
        )[0]
        for m in (0.99, 0.0)
    )
    means = [
        np.abs(arrays_of(parameters_of(model))["conv_2/mean"]).sum()
        for model in (slow, fast)
    ]
    assert means[0] < 0.2 * means[1]


def test_refusals(few):
    """No validation to keep the best by; a grid of another size."""
    data, _ = few
    with pytest.raises(ValueError, match="needs validation"):
        train.train_member(data, np.arange(96), ARCH, QUICK, SEED)
    other = Architecture(n_layers=4, grid=replace(ARCH.grid, size=400))
    with pytest.raises(ValueError, match="443 pixels: expected 400"):
        train.train_member(data, np.arange(96), other, QUICK, SEED)
