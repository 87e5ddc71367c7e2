"""Training in torch: many members at once on a GPU, one after another on a CPU.

On the CPU a member's weights depend on its seed, its data and the settings only, not
on the members trained with it, and the same seed gives the same bytes. On a GPU
dropout and noise are drawn for all members together.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from skyloom.quasars.config import Train
from skyloom.quasars.ensemble.data import TrainingData, epoch_rows
from skyloom.quasars.ensemble.stacked import Stacked, loss
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import Parameters
from skyloom.quasars.network.run_torch import Runner
from skyloom.run.seeds import rng

logger = logging.getLogger(__name__)
ADAM_EPSILON = 1e-7  # as Keras has it


@dataclass(frozen=True)
class Member:
    """What one member is to be trained on.

    Attributes
    ----------
    seed : int
        Of its first weights, batches, dropout and noise.
    rows : ndarray of int
        Its bootstrap sample, see `skyloom.quasars.ensemble.bootstrap.draw`.
    """

    seed: int
    rows: np.ndarray


@dataclass(frozen=True)
class Trained:
    """One member after training.

    Attributes
    ----------
    parameters : Parameters
        For `skyloom.quasars.network.files.save_member`.
    history : list of dict
        An entry an epoch: ``epoch``, ``loss``, ``rate`` and, with validation data,
        ``val_loss`` and ``best`` (whether the lowest so far).
    """

    parameters: Parameters
    history: list[dict]


def train_members(
    members: Sequence[Member],
    data: TrainingData,
    arch: Architecture,
    settings: Train,
    *,
    validation: TrainingData | None = None,
    device: str = "cpu",
    at_once: int | None = None,
) -> Iterator[Trained]:
    """Train members and yield them in order, each as soon as it is ready.

    Parameters
    ----------
    members : sequence of Member
        What to train.
    data : TrainingData
        The spectra that all members draw from.
    arch : Architecture
        Of all members.
    settings : Train
        Of all members.
    validation : TrainingData, optional
        Held-out targets, the same for all.
    device : str
        ``"cpu"``, ``"cuda"``, ...
    at_once : int, optional
        Members trained together: 1 on the CPU, where products are large enough
        already, and all on a GPU, unless given.

    Raises
    ------
    ValueError
        Spectra of another size than the architecture's, best epoch to be kept
        without validation data.
    """
    _check(data, arch, settings, validation)
    where = torch.device(device)
    size = at_once or (1 if where.type == "cpu" else len(members))
    held = _Held(data, where)
    for start in range(0, len(members), size):
        group = members[start : start + size]
        yield from _train(group, held, arch, settings, validation, where)


class _Held:
    """Training data on the device, and batches of it for several members."""

    def __init__(self, data: TrainingData, device: torch.device):
        parts = (data.x, data.sigma, data.y, data.weight)
        self.parts = [torch.from_numpy(part).to(device) for part in parts]
        self.device = device

    def batch(self, rows: np.ndarray, settings: Train, generator):
        """Return x, y and weight of rows (members, batch)."""
        index = torch.from_numpy(rows).to(self.device)
        x, sigma, y, weight = (part[index] for part in self.parts)
        if settings.noise > 0:
            x = _noisy(x, sigma, settings, generator)
        return x, y, weight


def _train(group, held: _Held, arch, settings, validation, device) -> list[Trained]:
    net = Stacked(arch, [m.seed for m in group], settings.momentum).to(device)
    optimiser = torch.optim.Adam(
        net.weights.parameters(),
        lr=settings.rate,
        eps=ADAM_EPSILON,
        amsgrad=settings.amsgrad,
        fused=True,
    )
    generator = torch.Generator(device).manual_seed(_torch_seed(group))
    steps = settings.steps(max(len(member.rows) for member in group))
    histories: list[list[dict]] = [[] for _ in group]
    best: list[Parameters | None] = [None for _ in group]
    for epoch in range(settings.epochs):
        rows = [epoch_rows(m.rows, steps, settings, m.seed, epoch) for m in group]
        mean, rate = _epoch(
            net, optimiser, held, np.stack(rows), settings, epoch, generator
        )
        values = _validate(net, validation)
        for i, history in enumerate(histories):
            entry = {"epoch": epoch, "loss": float(mean[i]), "rate": rate}
            history.append(entry | _judged(values, i, history))
            if settings.keep_best and history[-1].get("best"):
                best[i] = net.parameters_of(i)
        logger.info(
            "members %s, epoch %d of %d: loss %.4f",
            [m.seed for m in group],
            epoch + 1,
            settings.epochs,
            mean.mean(),
        )
    last = (net.parameters_of(i) for i in range(len(group)))
    chosen = [kept or final for kept, final in zip(best, last, strict=True)]
    return [Trained(p, h) for p, h in zip(chosen, histories, strict=True)]


def _epoch(net, optimiser, held, rows, settings, epoch, generator):
    """Run one epoch; return the mean loss of each member and the last rate."""
    steps = rows.shape[1]
    total = torch.zeros(len(rows), device=held.device)
    penalty = net.arch.l2
    rate = settings.rate
    for step in range(steps):
        rate = settings.rate_at(epoch * steps + step, settings.epochs * steps)
        optimiser.param_groups[0]["lr"] = rate
        x, y, weight = held.batch(rows[:, step], settings, generator)
        outputs = net(x, generator, settings.precision == "bfloat16")
        losses = loss(outputs, y, weight)
        total += losses.detach()
        whole = losses.sum()
        if penalty > 0:
            whole = whole + penalty * sum(k.square().sum() for k in net.kernels())
        optimiser.zero_grad()
        whole.backward()
        optimiser.step()
    mean = (total / steps).cpu().numpy()
    if not np.isfinite(mean).all():
        msg = f"the loss became {mean} in epoch {epoch + 1}: lower the learning rate"
        raise FloatingPointError(msg)
    return mean, rate


def _noisy(x, sigma, settings: Train, generator):
    """Do what `skyloom.quasars.ensemble.data.noisy` does, on the device."""
    draws = [
        torch.rand(x.shape[:2], generator=generator, device=x.device) for _ in range(2)
    ]
    added = settings.noise * (draws[0] < settings.noise_share) * draws[1]
    normal = torch.randn(x.shape, generator=generator, device=x.device)
    raw = x + added[..., None] * sigma * normal
    weight = torch.where(sigma > 0, sigma.square().reciprocal(), 0)
    weight = weight / weight.sum(-1, keepdim=True)
    raw = raw - (raw * weight).sum(-1, keepdim=True)
    return raw / (raw.square() * weight).sum(-1, keepdim=True).sqrt()


@torch.no_grad()
def _validate(net: Stacked, validation: TrainingData | None) -> np.ndarray | None:
    if validation is None:
        return None
    members = [net.parameters_of(i) for i in range(net.members)]
    runner = Runner(members, device=str(next(net.buffers()).device))
    y, weight = (torch.from_numpy(a)[None] for a in (validation.y, validation.weight))
    outputs = torch.from_numpy(runner.predict(validation.x))
    return np.array([float(loss(out[None], y, weight)[0]) for out in outputs])


def _judged(values: np.ndarray | None, i: int, history: list[dict]) -> dict:
    if values is None:
        return {}
    before = min((entry["val_loss"] for entry in history), default=np.inf)
    return {"val_loss": float(values[i]), "best": bool(values[i] < before)}


def _torch_seed(group: Sequence[Member]) -> int:
    return int(rng(group[0].seed, "dropout and noise").integers(2**63))


def _check(data: TrainingData, arch: Architecture, settings, validation) -> None:
    for one in (data, validation):
        if one is not None and one.x.shape[1] != arch.grid.size:
            msg = f"spectra of {one.x.shape[1]} pixels: expected {arch.grid.size}"
            raise ValueError(msg)
    if settings.keep_best and validation is None:
        msg = "keep_best needs validation data: hold targets out, or set it to False"
        raise ValueError(msg)
