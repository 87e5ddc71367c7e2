"""The joint loss, and a network in training by it."""

from __future__ import annotations

import math

import pytorch_lightning as lightning
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from skyloom.learn.batches import check_loss
from skyloom.run.seeds import rng
from skyloom.spirals.config_learning import Loss, Train
from skyloom.spirals.dataset.images import HEADS, Batch
from skyloom.spirals.network import segmentation, votes
from skyloom.spirals.network.unet import SpiralNet

PARTS = ("masks", "votes")


def losses(
    net: SpiralNet, batch: Batch, how: Loss, heads: str
) -> tuple[torch.Tensor, ...]:
    """Return sums and numbers of the losses of a batch, (2,) each: maps, votes.

    Each map that volunteers were asked for counts once, and so does each galaxy with
    votes. What there is nothing to learn of is not computed: an image without marks
    sends no gradient to the decoder, one without votes none to the votes' head.
    """
    features = net.encode(batch["image"])
    wanted = HEADS[heads]
    sums = [features[0].new_zeros((), dtype=torch.float32) for _ in PARTS]
    numbers = [0, 0]
    asked = torch.stack([batch["spiral_asked"], batch["bar_asked"]], dim=1)
    marked = (asked > 0).any(1)
    if wanted[0] and marked.any():
        share = torch.cat([batch["spiral_mask"], batch["bar_mask"]], dim=1)[marked]
        maps = net.decode(_of(features, marked))
        sums[0] = segmentation.loss(
            how.segmentation, *maps, share, asked[marked], how.overlap
        ).sum()
        numbers[0] = int((asked > 0).sum())
    counts = batch["label_cols"]
    voted = counts.sum(1) > 0
    if wanted[1] and voted.any():
        concentrations = net.vote(_of(features, voted))
        sums[1] = votes.loss(concentrations, counts[voted]).sum()
        numbers[1] = int(voted.sum())
    return torch.stack(sums), sums[0].new_tensor(numbers)


def _of(features: list[torch.Tensor], kept: torch.Tensor) -> list[torch.Tensor]:
    return features if kept.all() else [x[kept] for x in features]


def mean(sums: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Return means, 0 of nothing."""
    return sums / numbers.clamp(min=1)


class Joint(lightning.LightningModule):
    """Steps of training and validation.

    Weights are the given ones; or, learned, each loss is divided by its own
    uncertainty, starting from them (Kendall, Gal & Cipolla 2018). The loss of
    validation has the given ones always, so that epochs compare.
    """

    def __init__(self, net: SpiralNet, how: Train, seed: int, heads: str = "joint"):
        super().__init__()
        self.net, self.how, self.seed, self.heads = net, how, seed, heads
        given = [how.loss.masks, how.loss.votes] if heads == "joint" else [1.0, 1.0]
        self.register_buffer("given", torch.tensor(given), persistent=False)
        # Logarithm of each loss's variance.
        self.doubt = nn.Parameter(torch.zeros(2), requires_grad=how.loss.learned)
        self.seen = torch.zeros(2, 2)

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        """Return the joint loss of a batch."""
        seed_dropout(self.seed, self.current_epoch, self.global_rank, index)
        parts = mean(*losses(self.net, batch, self.how.loss, self.heads))
        total = weighted(parts, self.given, self.doubt)
        check_loss(total, self.current_epoch, index)
        # Lightning would drop what is logged in between, after a tenth of the time.
        if (self.global_step + 1) % self.trainer.log_every_n_steps == 0:
            self._log("train", total, parts, on_step=True)
        return total

    def on_validation_epoch_start(self) -> None:
        """Forget the last epoch's sums."""
        self.seen = torch.zeros(2, 2, device=self.device)

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Add a batch to the epoch's sums."""
        found = losses(self.net, batch, self.how.loss, self.heads)
        self.seen += torch.stack(found)

    def on_validation_epoch_end(self) -> None:
        """Log the losses of all galaxies of validation."""
        sums, numbers = self.trainer.strategy.reduce(self.seen, reduce_op="sum")
        parts = mean(sums, numbers)
        self._log("val", (self.given * parts).sum(), parts, on_epoch=True)

    def configure_optimizers(self) -> dict:
        """Return AdamW, its rate set at each step."""
        steps = int(self.trainer.estimated_stepping_batches)
        return optimizer(self, self.how, steps)

    def _log(self, stage: str, total, parts, **when) -> None:
        values = {f"{stage}/loss": total.detach()}
        chosen = zip(PARTS, parts.detach(), HEADS[self.heads], strict=True)
        values |= {f"{stage}/{name}": value for name, value, wanted in chosen if wanted}
        if self.how.loss.learned and stage == "val":
            weights = (self.given * (-self.doubt.detach()).exp()).unbind()
            values |= {f"weight/{k}": w for k, w in zip(PARTS, weights, strict=True)}
        self.log_dict(values, batch_size=1, **when)


def weighted(
    parts: torch.Tensor, given: torch.Tensor, doubt: torch.Tensor
) -> torch.Tensor:
    """Return the joint loss of a batch's means; 0 are those of nothing."""
    present = (parts != 0).to(parts.dtype)
    return (present * (given * parts * (-doubt).exp() + doubt)).sum()


def seed_dropout(seed: int, *key: int) -> None:
    """Draw a batch's dropouts by its key, so that a resumed training has the same."""
    torch.manual_seed(int(rng(seed, "dropout", *key).integers(2**31)))


def optimizer(module: nn.Module, how: Train, steps: int) -> dict:
    """Return AdamW and its schedule: kernels decay, biases and norms are left free."""
    free = [p for p in module.parameters() if p.requires_grad]
    groups = [
        {
            "params": [p for p in free if (p.ndim > 1) == kernel],
            "weight_decay": how.decay if kernel else 0.0,
        }
        for kernel in (True, False)
    ]
    made = torch.optim.AdamW(groups, lr=how.rate)
    schedule = LambdaLR(made, lambda step: rate_at(step, steps, how))
    step = {"scheduler": schedule, "interval": "step"}
    return {"optimizer": made, "lr_scheduler": step}


def rate_at(step: int, steps: int, how: Train) -> float:
    """Return the learning rate of a step, of all steps, in units of the largest."""
    rising = how.warmup * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    if how.schedule == "constant":
        return 1.0
    part = (step - rising) / max(steps - rising, 1)
    return 0.5 + 0.5 * math.cos(math.pi * min(part, 1.0))
