"""Many QuasarNETs of one architecture as one: weights with the members in front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from skyloom.quasars.ensemble.convolution import (
    BYTE,
    EPSILON,
    ConvolutionBlock,
    Layout,
    flat_layout,
    grouped,
    layout,
)
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import (
    Parameters,
    expected_shapes,
    from_arrays,
)
from skyloom.run.seeds import rng

STATISTICS = ("mean", "variance")  # of batch norm: followed, not trained
SMALLEST = 1e-7  # of a probability, and of a count, in the loss


class Stacked(torch.nn.Module):
    """The weights of `seeds` networks, and their forward pass in training.

    Parameters
    ----------
    arch : Architecture
        Of all members.
    seeds : sequence of int
        One a member: its first weights depend on nothing else.
    momentum : float
        Of the running statistics of batch norm.

    Attributes
    ----------
    weights : ParameterDict
        By the names of `parameters.expected_shapes` with ``__`` for the slash, each
        with the members in front. The convolutions have no bias: batch norm takes it
        away.
    """

    def __init__(self, arch: Architecture, seeds: Sequence[int], momentum: float):
        super().__init__()
        self.arch, self.momentum, self.members = arch, momentum, len(seeds)
        first = [initial(arch, seed) for seed in seeds]
        self.weights = torch.nn.ParameterDict()
        for name in first[0]:
            stack = torch.from_numpy(np.stack([arrays[name] for arrays in first]))
            key = _key(name)
            if name.endswith(STATISTICS):
                self.register_buffer(key, stack)
            elif not _idle(name):
                self.weights[key] = torch.nn.Parameter(stack)
        self.layouts = layouts(arch)

    def forward(self, x: torch.Tensor, generator: torch.Generator, bf16: bool):
        """Return the outputs in training: batch statistics, dropout.

        Parameters
        ----------
        x : Tensor, shape (members, n, pixels)
            Normalised spectra, another batch for each member.
        generator : torch.Generator
            Of the dropout.
        bf16 : bool
            Whether the convolutions run in bfloat16; weights, statistics, the dense
            layers and the loss stay in float32.

        Returns
        -------
        Tensor, shape (members, n, heads, 2 * boxes), float32
        """
        n = x.shape[1]
        buffer = self._windows(x, torch.bfloat16 if bf16 else torch.float32)
        drop = round(self.arch.dropout * BYTE)
        for k in range(1, self.arch.n_layers + 1):
            plan = self.layouts[k - 1 : k + 1]
            groups = self._groups(k, plan[0]).to(buffer.dtype)
            gamma, beta = (self.weights[f"conv_{k}__{w}"] for w in ("gamma", "beta"))
            buffer, mean, variance = ConvolutionBlock.apply(
                buffer, groups, gamma, beta, plan, n, drop, generator
            )
            self._follow(f"conv_{k}", mean, variance)
        flat = buffer.unflatten(1, (n, -1)).flatten(2).float()
        return self._heads(self._dense(flat))

    def parameters_of(self, member: int) -> Parameters:
        """Return one member's weights as plain arrays."""
        shapes = expected_shapes(self.arch)
        arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        for name in arrays:
            key = _key(name)
            if name.endswith(STATISTICS):
                tensor = getattr(self, key)[member]
            elif key in self.weights:
                tensor = self.weights[key][member]
            else:
                continue
            arrays[name] = tensor.detach().cpu().numpy().copy()
        return from_arrays(self.arch, arrays, EPSILON)

    def kernels(self) -> list[torch.Tensor]:
        """Return the kernels of the convolutions."""
        return [w for key, w in self.weights.items() if _is_kernel(key)]

    def _windows(self, x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        # One channel would make products of a depth of 2: the windows of the first
        # convolution are cut out instead, ten numbers a position.
        arch = self.arch
        wide = torch.nn.functional.pad(x, arch.pads[0])
        return wide.unfold(2, arch.width, arch.stride).to(dtype).flatten(1, 2)

    def _groups(self, k: int, source: Layout) -> torch.Tensor:
        # The windows of the first layer are one group of `width` channels.
        kernel = self.weights[f"conv_{k}__kernel"]
        if k == 1:
            return kernel.flatten(1, 2)[:, None]
        return grouped(kernel, source.stride)

    def _dense(self, flat: torch.Tensor) -> torch.Tensor:
        y = torch.bmm(flat, self.weights["dense__kernel"])
        variance, mean = torch.var_mean(y, dim=1, correction=0)
        self._follow("dense", mean, variance)
        scale = self.weights["dense__gamma"] * torch.rsqrt(variance + EPSILON)
        shift = self.weights["dense__beta"] - mean * scale
        return torch.relu(y * scale[:, None] + shift[:, None])

    def _heads(self, hidden: torch.Tensor) -> torch.Tensor:
        arch = self.arch
        shape = (len(arch.heads), arch.boxes)
        low, high = arch.offsets
        box, offset = (
            torch.sigmoid(
                torch.baddbmm(
                    self.weights[f"{name}__bias"][:, None],
                    hidden,
                    self.weights[f"{name}__kernel"],
                )
            ).unflatten(2, shape)
            for name in ("box", "offset")
        )
        return torch.cat([box, low + (high - low) * offset], dim=3)

    @torch.no_grad()
    def _follow(self, layer: str, mean: torch.Tensor, variance: torch.Tensor) -> None:
        for name, now in (("mean", mean), ("variance", variance)):
            getattr(self, f"{layer}__{name}").lerp_(now, 1 - self.momentum)


def layouts(arch: Architecture) -> list[Layout]:
    """Return the buffer before each convolution and behind the last."""
    found = [flat_layout(arch.lengths[0], arch.width)]
    for k in range(1, arch.n_layers):
        length, after = arch.lengths[k - 1], arch.lengths[k]
        found.append(
            layout(length, arch.filters, after, arch.pads[k], arch.width, arch.stride)
        )
    return [*found, flat_layout(arch.lengths[-1], arch.filters)]


def initial(arch: Architecture, seed: int) -> dict[str, np.ndarray]:
    """Return the first weights of a member: Glorot's uniform, as Keras starts."""
    draw = rng(seed, "first weights")
    arrays = {}
    for name, shape in expected_shapes(arch).items():
        if name.endswith("/kernel"):
            field = int(np.prod(shape[:-2]))
            limit = np.sqrt(6.0 / (field * (shape[-2] + _outputs(arch, name, shape))))
            arrays[name] = draw.uniform(-limit, limit, shape).astype(np.float32)
        else:
            one = name.endswith(("/gamma", "/variance"))
            arrays[name] = np.full(shape, float(one), np.float32)
    return arrays


def loss(outputs: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the loss of each member: `skyloom.quasars.network.loss`, in torch.

    Parameters
    ----------
    outputs, y : Tensor, shape (members, n, heads, 2 * boxes)
        What the networks say, and what they should.
    weight : Tensor, shape (members, n, heads)
        Of each answer.

    Returns
    -------
    Tensor, shape (members,)
    """
    boxes = y.shape[-1] // 2
    chance = outputs[..., :boxes].clamp(SMALLEST, 1 - SMALLEST)
    there = y[..., :boxes] * weight[..., None]
    absent = weight[..., None] - there
    miss = (y[..., boxes:] - outputs[..., boxes:]).square() - chance.log()
    found = (there * miss).sum((1, 3)) / (there.sum((1, 3)) + SMALLEST)
    false = (absent * (1 - chance).log()).sum((1, 3)) / (absent.sum((1, 3)) + SMALLEST)
    return (found - false).sum(1)


def _key(name: str) -> str:
    return name.replace("/", "__")


def _outputs(arch: Architecture, name: str, shape: tuple[int, ...]) -> int:
    # The heads are separate layers in Keras, and spread their first weights so.
    return arch.boxes if name.startswith(("box", "offset")) else shape[-1]


def _idle(name: str) -> bool:
    """Return whether a bias is taken away by the batch norm behind it."""
    return name.endswith("/bias") and not name.startswith(("box", "offset"))


def _is_kernel(key: str) -> bool:
    return key.startswith("conv_") and key.endswith("__kernel")
