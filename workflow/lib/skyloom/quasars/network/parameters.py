"""A network's weights as plain arrays, and the same with batch norm folded in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.quasars.network.architecture import Architecture


@dataclass(frozen=True)
class Affine:
    """A matrix and a vector: a convolution or a dense layer.

    Attributes
    ----------
    kernel : ndarray, float32
        (width, channels in, channels out) of a convolution, (in, out) of a dense
        layer.
    bias : ndarray, float32, shape (out,)
    """

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Norm:
    """Batch normalisation as it runs after training; arrays of shape (channels,)."""

    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float = 1e-3


@dataclass(frozen=True)
class Block:
    """An affine layer, its batch norm, and a ReLU behind both."""

    affine: Affine
    norm: Norm


@dataclass(frozen=True)
class Parameters:
    """All weights of one network, as trained.

    Attributes
    ----------
    arch : Architecture
        The shapes.
    conv : tuple of Block
        The convolutions, ``arch.n_layers`` of them.
    dense : Block
        The common dense layer; its input is (positions, channels) flattened in that
        order.
    box, offset : Affine
        All heads side by side, head by head: kernels (dense, heads * boxes). A
        sigmoid follows.

    Raises
    ------
    ValueError
        An array has another shape than `arch` says, or holds NaN or infinity.
    """

    arch: Architecture
    conv: tuple[Block, ...]
    dense: Block
    box: Affine
    offset: Affine

    def __post_init__(self):
        shapes = expected_shapes(self.arch)
        arrays = arrays_of(self)
        if arrays.keys() != shapes.keys():
            odd = sorted(arrays.keys() ^ shapes.keys())
            msg = f"layers that do not fit the architecture: {', '.join(odd)}"
            raise ValueError(msg)
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                msg = f"{name} has shape {array.shape}; expected {shapes[name]}"
                raise ValueError(msg)
            if not np.isfinite(array).all():
                msg = f"{name} holds NaN or infinity"
                raise ValueError(msg)


@dataclass(frozen=True)
class Folded:
    """The weights as the runners use them: batch norm folded, heads in one matrix.

    Attributes
    ----------
    arch : Architecture
        The shapes.
    conv : tuple of Affine
        Kernels (width, in, filters); a ReLU follows each.
    dense : Affine
        Kernel (flat, dense); a ReLU follows.
    heads : Affine
        Kernel (dense, heads * 2 * boxes): a head's boxes, then its offsets, then the
        next head's. A sigmoid follows.
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


def arrays_of(parameters: Parameters) -> dict[str, np.ndarray]:
    """Return every array by its name, in the order of the layers."""
    blocks = [(f"conv_{k}", b) for k, b in enumerate(parameters.conv, start=1)]
    found = {}
    for name, block in [*blocks, ("dense", parameters.dense)]:
        found |= {f"{name}/kernel": block.affine.kernel}
        found |= {f"{name}/bias": block.affine.bias}
        for key in ("gamma", "beta", "mean", "variance"):
            found[f"{name}/{key}"] = getattr(block.norm, key)
    for name, affine in (("box", parameters.box), ("offset", parameters.offset)):
        found |= {f"{name}/kernel": affine.kernel, f"{name}/bias": affine.bias}
    return found


def from_arrays(
    arch: Architecture, arrays: dict[str, np.ndarray], epsilon: float = 1e-3
) -> Parameters:
    """Return the network made of the arrays that `arrays_of` names.

    Raises
    ------
    ValueError
        An array is missing, unknown, of another shape, or not finite.
    """
    wanted = expected_shapes(arch)
    if arrays.keys() != wanted.keys():
        odd = sorted(arrays.keys() ^ wanted.keys())
        msg = f"arrays missing or unknown: {', '.join(odd)}"
        raise ValueError(msg)
    held = {name: np.asarray(array, np.float32) for name, array in arrays.items()}

    def affine(name: str) -> Affine:
        return Affine(held[f"{name}/kernel"], held[f"{name}/bias"])

    def block(name: str) -> Block:
        keys = ("gamma", "beta", "mean", "variance")
        norm = Norm(*(held[f"{name}/{key}"] for key in keys), epsilon)
        return Block(affine(name), norm)

    conv = tuple(block(f"conv_{k}") for k in range(1, arch.n_layers + 1))
    return Parameters(arch, conv, block("dense"), affine("box"), affine("offset"))


def expected_shapes(arch: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a network, by the names of `arrays_of`."""
    shapes: dict[str, tuple[int, ...]] = {}
    inputs = (1, *(arch.filters for _ in range(arch.n_layers - 1)))
    for k, channels in enumerate(inputs, start=1):
        kernel = (arch.width, channels, arch.filters)
        shapes |= _block_shapes(f"conv_{k}", kernel)
    shapes |= _block_shapes("dense", (arch.flat, arch.dense))
    outputs = len(arch.heads) * arch.boxes
    for name in ("box", "offset"):
        shapes |= {f"{name}/kernel": (arch.dense, outputs), f"{name}/bias": (outputs,)}
    return shapes


def fold(parameters: Parameters) -> Folded:
    r"""Return the same network with one affine map a layer.

    With :math:`g = \gamma / \sqrt{\sigma^2 + \epsilon}` the kernel becomes
    :math:`g W` and the bias :math:`g (b - \mu) + \beta`, both in float64 before they
    are stored in float32.
    """
    arch = parameters.arch
    shape = (-1, len(arch.heads), arch.boxes)

    def side_by_side(box: np.ndarray, offset: np.ndarray) -> np.ndarray:
        both = np.concatenate([box.reshape(shape), offset.reshape(shape)], axis=2)
        return np.ascontiguousarray(both.reshape(len(both), -1))

    box, offset = parameters.box, parameters.offset
    kernel = side_by_side(box.kernel, offset.kernel)
    bias = side_by_side(box.bias[None], offset.bias[None])[0]
    conv = tuple(_fold(block) for block in parameters.conv)
    return Folded(arch, conv, _fold(parameters.dense), Affine(kernel, bias))


def _fold(block: Block) -> Affine:
    norm, affine = block.norm, block.affine
    variance = norm.variance.astype(np.float64)
    gain = norm.gamma / np.sqrt(variance + norm.epsilon)
    kernel = affine.kernel.astype(np.float64) * gain
    bias = (affine.bias.astype(np.float64) - norm.mean) * gain + norm.beta
    return Affine(kernel.astype(np.float32), bias.astype(np.float32))


def _block_shapes(name: str, kernel: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    vectors = ("bias", "gamma", "beta", "mean", "variance")
    vector = {f"{name}/{key}": kernel[-1:] for key in vectors}
    return {f"{name}/kernel": kernel, **vector}
