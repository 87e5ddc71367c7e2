"""A network's weights as plain arrays, and the same with batch norm folded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skyloom.quasars.network.architecture import Architecture

EPSILON = 1e-3  # of batch normalisation, as in Keras
VECTORS = ("gamma", "beta", "mean", "variance")  # of batch normalisation


@dataclass(frozen=True, eq=False)
class Parameters:
    """All weights of one network, as trained.

    Attributes
    ----------
    arch : Architecture
        The shapes.
    arrays : dict of str to ndarray, float32
        By the names of `expected_shapes`. A dense layer's input is (positions,
        channels) flattened in that order; all heads are side by side, head by head.
    epsilon : float
        Of batch normalisation.

    Raises
    ------
    ValueError
        An array is missing, unknown, of another shape, or holds NaN or infinity.
    """

    arch: Architecture
    arrays: Mapping[str, np.ndarray]
    epsilon: float = EPSILON

    def __post_init__(self):
        shapes = expected_shapes(self.arch)
        if self.arrays.keys() != shapes.keys():
            odd = sorted(self.arrays.keys() ^ shapes.keys())
            msg = f"arrays missing or unknown: {', '.join(odd)}"
            raise ValueError(msg)
        held = {name: np.asarray(self.arrays[name], np.float32) for name in shapes}
        for name, array in held.items():
            if array.shape != shapes[name]:
                msg = f"{name} has shape {array.shape}; expected {shapes[name]}"
                raise ValueError(msg)
            if not np.isfinite(array).all():
                msg = f"{name} holds NaN or infinity"
                raise ValueError(msg)
        object.__setattr__(self, "arrays", held)


@dataclass(frozen=True)
class Affine:
    """A matrix and a vector: a convolution or a dense layer.

    The kernel is (width, channels in, channels out) of a convolution, (in, out) of a
    dense layer; the bias is (out,).
    """

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Folded:
    """The weights as the runners use them: batch norm folded, heads in one matrix.

    A ReLU follows each convolution and the dense layer, a sigmoid the heads: their
    kernel is (dense, heads * 2 * boxes), a head's boxes, then its offsets, then the
    next head's.
    """

    arch: Architecture
    conv: tuple[Affine, ...]
    dense: Affine
    heads: Affine

    @property
    def span(self) -> tuple[np.ndarray, np.ndarray]:
        """Return scale and shift of a head's sigmoids, float32, (2 * boxes,) each."""
        low, high = self.arch.offsets
        boxes = self.arch.boxes
        scale = np.repeat(np.float32([1.0, high - low]), boxes)
        return scale, np.repeat(np.float32([0.0, low]), boxes)


def expected_shapes(arch: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a network, in the order of the layers."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k in range(1, arch.n_layers + 1):
        channels = 1 if k == 1 else arch.filters
        shapes[f"conv_{k}/kernel"] = (arch.width, channels, arch.filters)
        shapes |= {f"conv_{k}/{key}": (arch.filters,) for key in ("bias", *VECTORS)}
    shapes["dense/kernel"] = (arch.flat, arch.dense)
    shapes |= {f"dense/{key}": (arch.dense,) for key in ("bias", *VECTORS)}
    outputs = len(arch.heads) * arch.boxes
    for name in ("box", "offset"):
        shapes |= {f"{name}/kernel": (arch.dense, outputs), f"{name}/bias": (outputs,)}
    return shapes


def arrays_by_layer(arch: Architecture) -> dict[str, list[str]]:
    """Return the names of the arrays of each layer of the Keras model, in its order."""
    layers = {}
    for block in (*(f"conv_{k}" for k in range(1, arch.n_layers + 1)), "dense"):
        norm = "dense_norm" if block == "dense" else block.replace("conv", "norm")
        layers[block] = [f"{block}/kernel", f"{block}/bias"]
        layers[norm] = [f"{block}/{key}" for key in VECTORS]
    return layers | {n: [f"{n}/kernel", f"{n}/bias"] for n in ("box", "offset")}


def fold(parameters: Parameters) -> Folded:
    r"""Return the same network with one affine map a layer.

    With :math:`g = \gamma / \sqrt{\sigma^2 + \epsilon}` the kernel becomes
    :math:`g W` and the bias :math:`g (b - \mu) + \beta`, both in float64 before they
    are stored in float32.
    """
    arch, held = parameters.arch, parameters.arrays

    def block(name: str) -> Affine:
        kernel, bias, gamma, beta, mean, variance = (
            held[f"{name}/{key}"].astype(np.float64)
            for key in ("kernel", "bias", *VECTORS)
        )
        gain = gamma / np.sqrt(variance + parameters.epsilon)
        bias = (bias - mean) * gain + beta
        return Affine((kernel * gain).astype(np.float32), bias.astype(np.float32))

    def side_by_side(key: str) -> np.ndarray:
        shape = (-1, len(arch.heads), arch.boxes)
        both = [held[f"{name}/{key}"].reshape(shape) for name in ("box", "offset")]
        return np.concatenate(both, axis=2).reshape(len(both[0]), -1)

    conv = tuple(block(f"conv_{k}") for k in range(1, arch.n_layers + 1))
    heads = Affine(side_by_side("kernel"), side_by_side("bias")[0])
    return Folded(arch, conv, block("dense"), heads)
