"""Training a network, resumed where it ended, to the one file that its use needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping

from skyloom.io.errors import InputError
from skyloom.io.record import checksum, digest_of
from skyloom.learn import harness
from skyloom.run.seeds import rng
from skyloom.spirals.config_learning import Network, Train
from skyloom.spirals.dataset.batches import Galaxies
from skyloom.spirals.dataset.images import HEADS, Batch, Pictures
from skyloom.spirals.network import votes
from skyloom.spirals.network.calibrate import fit_maps, fit_votes, outputs
from skyloom.spirals.network.files import Model, load_model, save_model
from skyloom.spirals.network.joint import Joint
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.unet import KINDS, SpiralNet

NAME = "model.pt"
CLIP = 1.0  # largest norm of the gradient
LOOKED_AT = 256  # galaxies that the common values are taken from
FIRST = 5.0  # sum of a question's concentrations, before training
SHOWN = (harness.MONITOR, "val/masks", "val/votes")
HEADS_OF_NET = ("map_head", "vote_head", "factor")


def shape(network: Network, crop: float, loss: str) -> Settings:
    """Return the shape of a network that looks at a part of a picture's side."""
    return Settings(**dict(network), crop=crop, spread=loss == "beta_binomial")


def fit(
    pictures: Pictures,
    parts: pd.Series,
    settings: Settings,
    how: Train,
    folder: str | Path,
    *,
    seed: int,
    heads: str = "joint",
    start: str | Path | None = None,
    logs: str | Path | None = None,
    provenance: Mapping | None = None,
    callbacks: Sequence[Callback] = (),
) -> Path | None:
    """Train a network and write `model.pt`.

    It is the network of the epoch with the lowest validation loss, its votes and the
    spread of its maps calibrated on the same galaxies. Lightning's checkpoints stay in
    the folder: the same training goes on from them.

    Parameters
    ----------
    pictures : Pictures
        Galaxies.
    parts : Series of str
        ``train``, ``validate`` and others, by row of the pictures.
    settings : Settings
        The network's shape.
    how : Train
        How it is trained.
    folder : str or Path
        Where the file goes.
    seed : int
        Of first weights, order, turns and dropouts: on one kind of processor, with as
        many threads, the same seed gives the same bytes.
    heads : str
        Of `HEADS`: what is learned. All see the same galaxies in the same batches, less
        those that have nothing for them. The model tells what it did learn: votes alone
        if no galaxy has marks.
    start : str or Path, optional
        A model of `.inpainting`, where ``how.start`` asks for one.
    logs, callbacks
        See `skyloom.learn.harness.train`.
    provenance : mapping, optional
        Plain values for the file; other ones make it another training.

    Returns
    -------
    Path or None
        Of the file; None in a further process: what comes after is left to the first.

    Raises
    ------
    InputError
        Pictures or marks that are damaged or do not fit; a start of another shape.
    FloatingPointError
        The loss is not finite.
    """
    data = Galaxies(pictures, parts, settings.size, settings.crop, how, seed, heads)
    net = first(settings, seed)
    given_weights(net, how.start, start)
    drawn, concentrations = common(data)
    net.start_at(drawn, concentrations)
    module = Joint(net, how, seed, heads)
    identity = {"seed": seed, "heads": heads, "drawn": drawn.tolist()}
    identity |= {"votes": concentrations.tolist(), "provenance": dict(provenance or {})}
    identity |= {"first": None if start is None else checksum(start)}
    early = EarlyStopping(harness.MONITOR, patience=how.patience)
    made = run(
        module, data, folder, how, identity, logs=logs, callbacks=[early, *callbacks]
    )
    if made is None:
        return None
    calibration, metrics = {}, {"loss": made.score}
    masks, voted = data.learned
    heads = next(name for name in (heads, *HEADS) if HEADS[name] == (masks, voted))
    if masks:
        metrics |= fit_maps(net, data.straight("validate"))
    if voted:
        own, counts = outputs(net, data.straight("validate"))
        calibration["votes"] = fit_votes(own, counts)
    training = {"heads": heads, "settings": how.followed(), "seed": seed}
    training |= {"epoch": made.epoch, "galaxies": data.names()}
    path = Path(folder) / NAME
    save_model(path, Model(net, calibration, training, metrics, dict(provenance or {})))
    return path


def first(settings: Settings, seed: int) -> SpiralNet:
    """Return a network with weights by chance."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng(seed, "first weights").integers(2**31)))
        return SpiralNet(settings)


def given_weights(net: SpiralNet, start: str, path: str | Path | None) -> None:
    """Give a network the weights of ImageNet, or of another one but for the heads."""
    if (start == "inpainting") != (path is not None):
        msg = f"start {start!r} with the model {path}: one asks for the other"
        raise ValueError(msg)
    if start == "imagenet":
        net.encoder.load_imagenet()
    if path is None:
        return
    other = load_model(path).net
    same = (net.settings.to_json(), other.settings.to_json())
    found = harness.differences(*({**s, "spread": None} for s in same))
    if found:
        problem = f"a network of another shape ({found[0]})"
        expected, remedy = "that of spirals.network", "delete it, and run the workflow"
        raise InputError(path, problem, expected=expected, remedy=remedy)
    state = other.state_dict()
    kept = {k: v for k, v in state.items() if not k.startswith(HEADS_OF_NET)}
    net.load_state_dict(kept, strict=False)


def run(module, data, folder, how: Train, identity: Mapping, **more):
    """Train a module by the harness; what it was trained on is part of who it is."""
    rows = {part: data.rows(part) for part in ("train", "validate")}
    for part, found in rows.items():
        if not len(found):
            msg = (
                f"no galaxy to {part} {module.__class__.__name__} with: lower the cuts"
            )
            raise ValueError(msg)
    names, asked = data.pictures.names, data.pictures.asked.tolist()
    known = {p: [[names[r], asked[r]] for r in found] for p, found in rows.items()}
    identity = {"galaxies": digest_of(known), **identity}
    identity |= {
        "how": how.followed(),
        "net": module.net.settings.to_json(),
    }
    several = how.devices > 1
    with torch.random.fork_rng(devices=[]):
        return harness.train(
            module,
            data,
            folder,
            identity,
            shown=SHOWN,
            accelerator=how.accelerator,
            devices=how.devices,
            # A batch may have nothing for one of the heads.
            strategy="ddp_find_unused_parameters_true" if several else "auto",
            precision=how.precision,
            max_epochs=how.epochs,
            accumulate_grad_batches=how.accumulate,
            gradient_clip_val=CLIP,
            **more,
        )


def common(data: Galaxies) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean share of each map's pixels, and concentrations of the votes.

    Of training galaxies, looked at straight.
    """
    drawn = _mean_shares(data.with_marks(LOOKED_AT))
    counts = data.pictures.votes[data.rows("train")].sum(0)
    found = []
    for own in votes.by_question(counts):
        share = (own + 0.5) / (own + 0.5).sum()
        found.append(FIRST * share)
    return drawn, torch.cat(found).clamp(min=0.01)


def _mean_shares(batches: Iterable[Batch]) -> torch.Tensor:
    sums, numbers = torch.zeros(len(KINDS)), torch.zeros(len(KINDS))
    for batch in batches:
        for i, kind in enumerate(KINDS):
            known = batch[f"{kind}_asked"] > 0
            sums[i] += batch[f"{kind}_mask"][known].mean((1, 2, 3)).sum()
            numbers[i] += known.sum()
    return sums / numbers.clamp(min=1)
