"""The torch trainer: it learns, repeats itself, and keeps the best epoch."""

from dataclasses import replace

import numpy as np
import pytest
from quasar_toys import ARCH, toys
from skyloom.quasars.config import Train
from skyloom.quasars.ensemble.train_torch import Member, train_members
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import best, decode
from skyloom.quasars.network.files import read_parameters, save_member
from skyloom.quasars.network.parameters import arrays_of
from skyloom.quasars.network.run_numpy import Runner

QUICK = Train(
    epochs=1, batch=32, rate=2e-3, schedule="cosine", warmup=0.1, noise=1, momentum=0.8
)


@pytest.fixture(scope="module")
def few():
    data, *_ = toys(200)
    return data.rows(np.arange(150)), data.rows(np.arange(150, 200))


def trained(few, settings=QUICK, seeds=(1,), **options):
    data, held = few
    members = [Member(seed, np.arange(len(data))) for seed in seeds]
    return list(
        train_members(members, data, ARCH, settings, validation=held, **options)
    )


def same(one, other):
    """Return whether two members have the same weights to the bit."""
    pairs = zip(
        arrays_of(one.parameters).values(),
        arrays_of(other.parameters).values(),
        strict=True,
    )
    return all(np.array_equal(a, b) for a, b in pairs)


def test_it_learns():
    """After seconds, redshifts of unseen toys are right, and non-quasars rejected."""
    data, z, quasar = toys(900)
    train, test = np.arange(700), np.arange(800, 900)
    settings = QUICK.model_copy(update={"epochs": 12, "amsgrad": True, "noise": 0.5})
    held = data.rows(np.arange(700, 800))
    (member,) = train_members([Member(1, train)], data, ARCH, settings, validation=held)
    losses = [entry["loss"] for entry in member.history]
    assert losses[-1] < 0.7 * losses[0]
    lines = decode(Runner([member.parameters]).predict(data.x[test])[0], ARCH)
    found, confidence = best(lines)
    right = np.abs(found - z[test]) < 0.05 * (1 + z[test])
    assert right[quasar[test]].mean() > 0.8
    assert np.median(confidence[quasar[test]]) > np.median(confidence[~quasar[test]])


def test_same_seed_same_bytes(few, tmp_path):
    """Two trainings write the same file."""
    for name in ("a.keras", "b.keras"):
        save_member(tmp_path / name, trained(few)[0].parameters, {"seed": 1})
    first, second = ((tmp_path / n).read_bytes() for n in ("a.keras", "b.keras"))
    assert first == second
    assert read_parameters(tmp_path / "a.keras").arch == ARCH


def test_a_member_does_not_depend_on_its_company(few):
    """On the CPU, alone or after another: the same weights."""
    alone, (_, second) = trained(few, seeds=(2,))[0], trained(few, seeds=(1, 2))
    assert same(alone, second)


def test_members_at_once_learn_the_same(few):
    """Together they differ by the draws of noise and dropout only, not in how well."""
    calm = QUICK.model_copy(update={"epochs": 3, "noise": 0})
    apart, together = (trained(few, calm, (1, 2), at_once=k) for k in (1, 2))
    for one, other in zip(apart, together, strict=True):
        assert other.history[-1]["loss"] == pytest.approx(
            one.history[-1]["loss"], rel=0.1
        )
        assert other.history[-1]["loss"] < other.history[0]["loss"]


def test_best_epoch_is_kept(few):
    """A rate that ruins the network leaves the epoch with the lowest held-out loss."""
    wild = QUICK.model_copy(update={"epochs": 5, "schedule": "constant", "rate": 0.05})
    (kept,) = trained(few, wild)
    flags = [entry["best"] for entry in kept.history]
    values = [entry["val_loss"] for entry in kept.history]
    last_best = max(i for i, flag in enumerate(flags) if flag)
    assert last_best == int(np.argmin(values))
    (short,) = trained(few, wild.model_copy(update={"epochs": last_best + 1}))
    assert same(kept, short)


def test_bfloat16_learns_as_well(few):
    """After the same steps the loss is the same to a few per cent."""
    exact, rough = (
        trained(few, QUICK.model_copy(update={"epochs": 3, "precision": p}))[0].history[
            -1
        ]["loss"]
        for p in ("float32", "bfloat16")
    )
    assert rough == pytest.approx(exact, rel=0.05)


def test_penalty_shrinks_the_kernels(few):
    """With l2, convolutions end smaller."""
    data, held = few
    sizes = []
    for l2 in (0.0, 1.0):
        arch = Architecture(n_layers=4, filters=12, dense=24, l2=l2)
        settings = QUICK.model_copy(update={"epochs": 6, "rate": 5e-3})
        (member,) = train_members(
            [Member(1, np.arange(150))], data, arch, settings, validation=held
        )
        sizes.append(np.square(member.parameters.conv[1].affine.kernel).sum())
    assert sizes[1] < 0.9 * sizes[0]


def test_refusals(few):
    """No validation to keep the best by; a grid of another size; a lost training."""
    data, held = few
    members = [Member(1, np.arange(150))]
    with pytest.raises(ValueError, match="needs validation"):
        next(train_members(members, data, ARCH, QUICK))
    linear = Architecture(n_layers=4, grid=replace(ARCH.grid, size=400))
    with pytest.raises(ValueError, match="443 pixels: expected 400"):
        next(train_members(members, data, linear, QUICK, validation=held))
    broken = replace(data, y=data.y * np.nan)
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        next(train_members(members, broken, ARCH, QUICK, validation=held))
