"""The loss of an encoder: negative log likelihoods of what the tiles hold."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn import functional

Tensors = Mapping[str, torch.Tensor]
# A centre is some thirty times rarer than a member's tile, and its cross-entropy
# smaller by as much: the weight brings both to one size.
WEIGHTS = {"membership": 1.0, "center": 10.0, "n_members": 0.5, "center_locs": 1.0}
LEAST = 1e-6  # sum of weights that is none


def loss(
    outputs: Tensors, truth: Tensors, weights: Mapping[str, float]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the weighted loss and its parts.

    Every part is a mean over the tiles that it is about, and of those only over the
    valid ones. Cross-entropies are plain: their minimum is the true probability.

    Parameters
    ----------
    outputs : dict of str to tensor, shape (batch, rows, columns[, 2])
        Of `skyloom.clusters.encoder.network.Encoder`.
    truth : dict of str to tensor
        Of `truth_of`.
    weights : mapping of str to float
        Of ``richness`` and ``redshift``, beside `WEIGHTS`; the parts that are returned
        are unweighted, without a gradient.
    """
    parts = losses(outputs, truth)
    total = sum(w * parts[name] for name, w in {**WEIGHTS, **weights}.items())
    return total, {name: part.detach() for name, part in parts.items()}


def losses(outputs: Tensors, truth: Tensors) -> dict[str, torch.Tensor]:
    """Return the parts of the loss, each a scalar tensor.

    ``membership``, ``center``: binary cross-entropy. ``n_members``: Poisson.
    ``center_locs``: squared distance, in tiles, where there is a centre. ``richness``
    and ``redshift``: Gaussian in ln λ and in z, where a cluster has a member or its
    centre. Rich clusters have as many more such tiles as they are richer: each weighs
    1/λ for the richness, or poor clusters would be told too rich.
    """
    valid = truth["valid"]
    center = valid & truth["center"]
    # Most tiles in the reach of a cluster are empty sky, which says nothing of it.
    cluster = valid & (truth["richness"] > 0) & (truth["membership"] | center)
    distance = (outputs["center_locs"] - truth["center_locs"]).square().sum(-1)
    log_richness = truth["richness"].clamp(min=1e-3).log()
    richness = _gaussian(outputs["richness"], log_richness)
    redshift = _gaussian(outputs["redshift"], truth["cluster_redshift"])
    counts = functional.poisson_nll_loss(
        outputs["n_members"], truth["n_members"], log_input=True, reduction="none"
    )
    entropies = {
        name: functional.binary_cross_entropy_with_logits(
            outputs[name], truth[name].float(), reduction="none"
        )
        for name in ("membership", "center")
    }
    return {
        **{name: masked_mean(entropy, valid) for name, entropy in entropies.items()},
        "n_members": masked_mean(counts, valid),
        "center_locs": masked_mean(distance, center),
        "richness": masked_mean(richness, cluster * (-log_richness).exp()),
        "redshift": masked_mean(redshift, cluster),
    }


def masked_mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the mean by weights, or of what a mask holds; 0 where that is nothing."""
    kept = torch.where(weight > 0, values, torch.zeros_like(values))
    return (kept * weight).sum() / weight.sum().clamp(min=LEAST)


def truth_of(catalogue: Tensors) -> dict[str, torch.Tensor]:
    """Return what the loss reads of batched tile catalogues, without axes of one.

    Of shape (batch, rows, columns): ``membership``, ``center``, ``valid`` of bool,
    ``n_members``, ``richness``, ``cluster_redshift`` of float32; ``center_locs`` with
    one more axis of 2.
    """
    kept = {k: catalogue[k].bool() for k in ("membership", "center")}
    kept |= {k: catalogue[k].float() for k in ("richness", "cluster_redshift")}
    truth = {k: value[..., 0, 0] for k, value in kept.items()}
    return truth | {
        "valid": catalogue["valid"].bool(),
        "n_members": catalogue["n_members"].float(),
        "center_locs": catalogue["center_locs"].float()[..., 0, :],
    }


def _gaussian(predicted: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Return the negative log likelihood, less its constant."""
    mean, log_sd = predicted.unbind(-1)
    return 0.5 * ((true - mean) * torch.exp(-log_sd)).square() + log_sd
