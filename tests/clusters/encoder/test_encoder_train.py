"""Training: it learns, it repeats itself, and it goes on where it ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch
from skyloom.clusters.data.files import read_file_data
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.encoder.module import Fields, common, scaled
from skyloom.clusters.encoder.train import fit as fit_files
from skyloom.io.errors import InputError
from skyloom.learn.harness import RESUME


def fit(training, held, *args, **options):
    """Train with some files; the others choose the epoch, and calibrate."""
    parts = {"train": training, "validate": held, "calibrate": held}
    return fit_files(parts, *args, **options)


class Watching(lightning.Callback):
    """Count epochs and the tiles that figures hold after each; stop on demand."""

    def __init__(self, stop_at: int | None = None):
        self.stop_at, self.epochs, self.left = stop_at, 0, []

    def on_train_epoch_start(self, trainer, _module):
        """Fail before the epoch that training is to stop at."""
        if trainer.current_epoch == self.stop_at:
            raise InterruptedError
        self.epochs += 1

    def on_validation_end(self, _trainer, module):
        """Note what the metrics still hold."""
        self.left.append(sum(int(f.counts.tp) for f in module.figures))


@pytest.fixture(scope="module")
def learned(files, small, quick, tmp_path_factory):
    """Return a training of eight epochs: its file and what was watched."""
    watching, how = Watching(), quick.model_copy(update={"epochs": 8})
    folder = tmp_path_factory.mktemp("learned")
    args = (files[:3], files[3:], small, how, folder)
    path = fit(*args, seed=1, logs=folder / "logs", callbacks=[watching])
    return path, watching


@pytest.fixture(scope="module")
def short(files, small, quick, tmp_path_factory):
    """Return a training of two epochs."""
    folder = tmp_path_factory.mktemp("short")
    return fit(files[:1], files[3:], small, quick, folder, seed=1)


def test_learns_what_it_can_find_in_other_fields(learned):
    """Average precision on unseen fields is three times the prevalence and more."""
    figures = load_encoder(learned[0]).metrics
    for name in ("membership", "center"):
        share = figures[f"{name}_prevalence"]
        assert figures[f"{name}_average_precision"] > 3 * share
        assert figures[f"{name}_ece"] < 0.08


def test_figures_are_forgotten_after_each_epoch(learned):
    assert learned[1].left == [0] * 8


def test_logs_and_one_file_are_left(learned):
    path, _ = learned
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name, "logs"]
    assert any((path.parent / "logs").glob("events.out.tfevents.*"))


def test_the_file_tells_how_it_was_made(learned):
    made = load_encoder(learned[0])
    assert made.training["seed"] == 1
    assert made.training["settings"]["epochs"] == 8
    assert 1 <= made.training["epoch"] <= 8


def test_same_seed_same_bytes(short, files, small, quick, tmp_path):
    """In another folder; and with another seed, others."""
    again = fit(files[:1], files[3:], small, quick, tmp_path / "a", seed=1)
    assert again.read_bytes() == short.read_bytes()
    other = fit(files[:1], files[3:], small, quick, tmp_path / "b", seed=2)
    assert other.read_bytes() != short.read_bytes()


def test_resumed_is_as_if_never_stopped(short, files, small, quick, tmp_path):
    """Stopped after the first epoch; only the second is done again."""
    args = (files[:1], files[3:], small, quick, tmp_path)
    with pytest.raises(InterruptedError):
        fit(*args, seed=1, callbacks=[Watching(stop_at=1)])
    assert (tmp_path / RESUME / "last.ckpt").is_file()
    watching = Watching()
    path = fit(*args, seed=1, callbacks=[watching])
    assert watching.epochs == 1
    assert path.read_bytes() == short.read_bytes()


@pytest.mark.parametrize("change", ["rate", "damage"])
def test_another_training_is_not_resumed(short, files, small, quick, tmp_path, change):
    """Other settings, or a checkpoint cut short: all epochs are done."""
    how = quick.model_copy(update={"rate": 1e-3}) if change == "rate" else quick
    stop = [Watching(stop_at=1)]
    with pytest.raises(InterruptedError):
        fit(files[:1], files[3:], small, how, tmp_path, seed=1, callbacks=stop)
    last = tmp_path / RESUME / "last.ckpt"
    if change == "damage":
        last.write_bytes(last.read_bytes()[:5000])
    path = fit(files[:1], files[3:], small, quick, tmp_path, seed=1)
    assert path.read_bytes() == short.read_bytes()


def test_training_goes_on_from_a_given_encoder(short, files, small, quick, tmp_path):
    """At hardly any rate its weights stay; weights drawn by chance are others."""
    how = quick.model_copy(update={"epochs": 1, "rate": 1e-7})
    kernels = []
    for start in (short, None):
        args = (files[:1], files[3:], small, how, tmp_path / str(start is None))
        made = load_encoder(fit(*args, seed=5, start=start)).encoder
        kernels.append(made.features[0].weight.detach())
    given = load_encoder(short).encoder.features[0].weight.detach()
    assert torch.allclose(kernels[0], given, atol=1e-5)
    assert not torch.allclose(kernels[1], given, atol=1e-2)


def test_a_start_of_another_shape_is_refused(short, files, small, quick, tmp_path):
    other = replace(small, hidden=2 * small.hidden)
    with pytest.raises(InputError, match="another shape"):
        fit(files[:1], files[3:], other, quick, tmp_path, seed=1, start=short)
    assert not list(tmp_path.iterdir())


def test_bfloat16_and_jitter_run(files, small, quick, tmp_path):
    how = quick.model_copy(
        update={"epochs": 1, "precision": "bf16-mixed", "jitter": 0.02}
    )
    path = fit(files[:1], files[3:], small, how, tmp_path, seed=1)
    assert torch.isfinite(torch.tensor(load_encoder(path).metrics["loss"]))


def test_zero_points_err_by_field_and_band():
    """A hundredth of a magnitude is a hundredth of a flux, nearly; 0 draws nothing."""
    draw, images = np.random.default_rng(0), torch.ones(500, 4, 2, 2)
    got = scaled(images, draw, 0.01)
    assert torch.equal(got[..., 0, 0], got[..., 1, 1])
    assert got[..., 0, 0].std(dim=0) == pytest.approx([0.00921] * 4, rel=0.15)
    state = draw.bit_generator.state
    assert scaled(images, draw, 0.0) is images
    assert draw.bit_generator.state == state


def test_a_loss_that_is_not_finite_ends_training(files, small, quick, tmp_path):
    how = quick.model_copy(update={"rate": 1e30, "warmup": 0.0})
    with pytest.raises(FloatingPointError, match=r"epoch 0, batch [1-9]"):
        fit(files[:3], files[3:], small, how, tmp_path, seed=1)
    assert not (tmp_path / "best_encoder.ckpt").exists()


def test_what_is_common_is_measured(files, small):
    """Noise of 1 with blobs on it; two centres to a field of 64 tiles."""
    noises, start = common(files[:3], small)
    assert all(1.0 < noise < 2.0 for noise in noises)
    assert start["center"] == pytest.approx(2 / 64, rel=0.05)
    assert start["redshift"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    "other", [{"tile": 16}, {"bands": ("g", "r")}, {"tile": 4, "widths": (8, 8)}]
)
def test_data_that_do_not_fit_are_refused(files, small, other):
    misfit = replace(small, **{"blocks": (), **other})
    with pytest.raises(InputError, match="px to a tile's side") as caught:
        common(files, misfit)
    assert caught.value.path == str(files[0])


def test_validation_is_always_in_one_order(files, quick):
    fields = Fields(files[:1], files[3:], quick.batch, seed=1)
    seen = [b["images"] for b in fields.val_dataloader()]
    again = [b["images"] for b in fields.val_dataloader()]
    assert all(map(torch.equal, seen, again))
    assert sum(map(len, seen)) == 8


@pytest.mark.parametrize(("workers", "processes"), [(1, 0), (2, 2)])
def test_one_worker_is_this_process(files, quick, workers, processes):
    """Another process would read no faster."""
    fields = Fields(files[:1], files[3:], quick.batch, 1, workers)
    assert fields.val_dataloader().num_workers == processes


def test_figures_are_of_fields_that_chose_nothing(
    files, small, quick, tmp_path, monkeypatch
):
    """The fields that choose the epoch scale its logits, and others judge it."""
    seen = {}

    def noted(_encoder, fields, others):
        for name, batches in (("fitted", fields), ("judged", others)):
            seen[name] = torch.cat([batch["images"] for batch in batches])
        return {}

    monkeypatch.setattr("skyloom.clusters.encoder.train.calibrate", noted)
    parts = {"train": files[:1], "validate": files[3:], "calibrate": files[2:3]}
    fit_files(parts, small, quick, tmp_path, seed=1)
    for name, path in (("fitted", files[3]), ("judged", files[2])):
        held = torch.stack([one["images"].float() for one in read_file_data(path)])
        assert torch.equal(seen[name].float(), held)
