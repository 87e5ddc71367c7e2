"""The trainer: it learns, and repeats itself."""

from dataclasses import replace

import numpy as np
import pytest
from quasar_toys import ARCH, toys
from skyloom.learn import devices
from skyloom.quasars.config_training import Train
from skyloom.quasars.ensemble.data import TrainingData
from skyloom.quasars.ensemble.train import Trainer
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import best, decode
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.network.model import save_member
from skyloom.quasars.network.run_numpy import Runner

QUICK = Train(
    epochs=2, batch=32, rate=2e-3, schedule="cosine", warmup=0.1, noise=1, momentum=0.8
)
ROWS = np.arange(150)


@pytest.fixture(scope="module")
def few():
    data, *_ = toys(200)
    return TrainingData(data.x[ROWS], data.sigma[ROWS], data.y[ROWS], data.weight[ROWS])


@pytest.fixture(scope="module")
def trainer(few):
    return Trainer(few, ARCH, QUICK)


@pytest.fixture(scope="module")
def member(trainer):
    return trainer(1, ROWS)


def but(settings, **changes):
    """Return settings with other values of some keys."""
    return settings.model_copy(update=changes)


def same(one, other):
    """Return whether two members have the same weights to the bit."""
    pairs = zip(one.arrays.values(), other.arrays.values(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_it_learns():
    """After seconds, redshifts of unseen toys are right, and non-quasars rejected."""
    data, z, quasar = toys(900)
    train, test = np.arange(700), np.arange(800, 900)
    settings = but(QUICK, epochs=18, amsgrad=True, noise=0.5)
    network, history = Trainer(data, ARCH, settings)(1, train)
    losses = [entry["loss"] for entry in history]
    assert losses[-1] < 0.7 * losses[0]
    lines = decode(Runner([network]).predict(data.x[test])[0], ARCH)
    found, confidence = best(lines)
    right = np.abs(found - z[test]) < 0.05 * (1 + z[test])
    assert right[quasar[test]].mean() > 0.8
    assert np.median(confidence[quasar[test]]) > np.median(confidence[~quasar[test]])


def test_history(member):
    """Losses and rates are followed each epoch."""
    _, history = member
    assert [entry["epoch"] for entry in history] == [0, 1]
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[0]["rate"] > history[1]["rate"]
    assert history[1]["rate"] == pytest.approx(QUICK.rate_at(9, 10))


def test_a_member_depends_on_its_seed_alone(few, trainer, member, tmp_path):
    """After another or first of a new trainer: the same bytes; another seed, others."""
    other = trainer(2, ROWS)
    assert not same(other[0], member[0])
    again = trainer(1, ROWS), Trainer(few, ARCH, QUICK)(1, ROWS)
    for i, (network, history) in enumerate((member, *again)):
        save_member(tmp_path / f"{i}.keras", network, {"history": history})
    files = [(tmp_path / f"{i}.keras").read_bytes() for i in range(3)]
    assert files[0] == files[1] == files[2]
    assert read_parameters(tmp_path / "0.keras").arch == ARCH


def test_more_rows_after_fewer(few, trainer):
    """Samples of another size are trained by the same trainer, each at its own pace."""
    _, history = trainer(3, np.arange(40))
    assert history[-1]["rate"] == pytest.approx(QUICK.rate_at(3, 4))


def test_a_step_is_adams(few):
    """The first step of Adam moves each weight by the rate, whatever the gradient.

    Weights of vanishing gradients move less.
    """
    settings = Train(epochs=1, batch=150, rate=1e-3)
    none = but(settings, rate=1e-12)
    one, start = (Trainer(few, ARCH, how)(1, ROWS)[0] for how in (settings, none))
    moved = np.abs(one.arrays["box/kernel"] - start.arrays["box/kernel"])
    assert np.median(moved) == pytest.approx(1e-3, rel=0.02)
    assert moved.max() < 1.01e-3


def test_momentum_is_set(few):
    """Running statistics follow at the pace of the settings."""
    calm = but(QUICK, epochs=1)
    slow, fast = (
        Trainer(few, ARCH, but(calm, momentum=m))(1, ROWS)[0].arrays
        for m in (0.99, 0.0)
    )
    sizes = [np.abs(arrays["conv_2/mean"]).sum() for arrays in (slow, fast)]
    assert sizes[0] < 0.2 * sizes[1]


def test_a_gpu_is_named_as_tensorflow_does(few, monkeypatch):
    """It has no word cuda; a GPU that it does not see is refused, not replaced."""
    monkeypatch.setattr(devices, "_tensorflow", lambda: ("9.1", True, 2))
    for word, name in (("cuda", "gpu:0"), ("cuda:1", "gpu:1"), ("cpu", "cpu:0")):
        trainer = Trainer(few, ARCH, QUICK, word)
        assert trainer.device == name
    with pytest.raises(RuntimeError, match=r"ensemble\.device asks for cuda:2.* 2"):
        Trainer(few, ARCH, QUICK, "cuda:2")


def test_refusals(few):
    """A grid of another size; a lost training."""
    other = Architecture(n_layers=4, grid=replace(ARCH.grid, size=400))
    with pytest.raises(ValueError, match="443 pixels: expected 400"):
        Trainer(few, other, QUICK)
    broken = replace(few, y=few.y * np.nan)
    with pytest.raises(FloatingPointError, match="lower the rate"):
        Trainer(broken, ARCH, QUICK)(1, ROWS)
