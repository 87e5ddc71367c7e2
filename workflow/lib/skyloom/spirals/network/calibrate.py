"""A trained network, calibrated by galaxies that it was not trained with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from skyloom.spirals.dataset.images import Batch
from skyloom.spirals.network import votes
from skyloom.spirals.network.segmentation import beta_binomial
from skyloom.spirals.network.unet import KINDS, SpiralNet
from skyloom.spirals.questions import questions

# Scatter of the numbers of a calibration (natural logarithms) that is expected of a
# well-trained network: few galaxies leave it as it is.
PRIOR = 0.5
ROUNDS = 50


@torch.no_grad()
def outputs(net: SpiralNet, batches: Iterable[Batch]) -> tuple[torch.Tensor, ...]:
    """Return concentrations, and the votes themselves, (n, answers) each."""
    net.eval()
    found = []
    for batch in batches:
        own = net.vote(net.encode(batch["image"].to(net.factor.device))).cpu()
        found.append((own, batch["label_cols"].cpu()))
    return tuple(torch.cat(part) for part in zip(*found, strict=True))


def fit_votes(concentrations: torch.Tensor, counts: torch.Tensor) -> dict[str, dict]:
    """Return the calibration that makes votes most likely, of each question.

    Shares p of a question's answers become p^slope * exp(offset) over their sum, and
    the sum of concentrations is multiplied by ``scale``. Three logarithms and the
    offsets have a normal prior of scatter `PRIOR` about none.
    """
    found = {}
    for one in questions():
        a, k = concentrations[:, one.columns], counts[:, one.columns]
        kept = k.sum(1) > 0
        numbers = _fitted(a[kept].double(), k[kept].double())
        scale, slope, *offsets = numbers.tolist()
        found[one.name] = {"scale": scale, "slope": slope, "offsets": offsets}
    return found


def calibrated(
    concentrations: torch.Tensor, how: Mapping[str, Mapping]
) -> torch.Tensor:
    """Return concentrations (..., answers) by what `fit_votes` found; {} for none."""
    if not how:
        return concentrations
    parts = []
    for one, own in zip(questions(), votes.by_question(concentrations), strict=True):
        numbers = (how[one.name][key] for key in ("scale", "slope"))
        scale, slope = (own.new_tensor(number) for number in numbers)
        parts.append(_line(own, scale, slope, own.new_tensor(how[one.name]["offsets"])))
    return torch.cat(parts, dim=-1)


def _line(a, scale, slope, offsets) -> torch.Tensor:
    total = a.sum(-1, keepdim=True)
    share = torch.softmax(slope * torch.log(a / total) + offsets, dim=-1)
    return share * total * scale


def _fitted(a: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """Return scale, slope and offsets of one question."""
    free = torch.zeros(2 + a.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [free], max_iter=ROUNDS, line_search_fn="strong_wolfe"
    )

    def surprise() -> torch.Tensor:
        optimizer.zero_grad()
        own = _line(a, free[0].exp(), free[1].exp(), free[2:])
        own = own.clamp(votes.LEAST, votes.MOST)
        total, number = own.sum(1), k.sum(1)
        each = torch.lgamma(k + own) - torch.lgamma(own)
        whole = torch.lgamma(total) - torch.lgamma(total + number)
        value = -(each.sum() + whole.sum()) + 0.5 * (free / PRIOR).square().sum()
        value.backward()
        return value

    optimizer.step(surprise)
    made = free.detach()
    return torch.cat([made[:2].exp(), made[2:]])


@torch.no_grad()
def fit_maps(net: SpiralNet, batches: Iterable[Batch]) -> dict[str, float]:
    """Set the factors of the maps' spread by maximum likelihood of the counts.

    For networks that tell no spread, they are the spread of all pixels.
    """
    net.eval()
    net.factor.fill_(1.0)
    grid = torch.logspace(-2, 2, 41)
    sums = torch.zeros(len(KINDS), len(grid))
    for batch in batches:
        maps = net.decode(net.encode(batch["image"].to(net.factor.device)))
        for i, kind in enumerate(KINDS):
            asked = batch[f"{kind}_asked"].cpu()
            kept = asked > 0
            if not kept.any():
                continue
            of = asked[kept, None, None]
            count = batch[f"{kind}_mask"].cpu()[kept, 0] * of
            mean, spread = (m.cpu()[kept, i] for m in maps)
            for j, factor in enumerate(grid):
                likely = beta_binomial(mean, spread * factor, count, of)
                sums[i, j] += likely.mean((1, 2)).sum()
    found = grid[sums.argmax(1)]
    found = torch.where(sums.any(1), found, torch.ones(len(KINDS)))
    net.factor.copy_(found[:, None, None])
    return {f"{kind}_spread": float(f) for kind, f in zip(KINDS, found, strict=True)}
