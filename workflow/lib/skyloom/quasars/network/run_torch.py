"""Networks run in torch: on the CPU with few multiplications, or on a GPU.

In float32 the outputs keep the contract (1e-5, redshifts 1e-6 (1+z)); in bfloat16
they do not, see `Runner`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn import functional

from skyloom.quasars.network import toom_cook
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.contract import Ensemble
from skyloom.quasars.network.parameters import Folded, Parameters, fold

CHUNK_CPU, CHUNK_GPU = 64, 4096  # spectra at a time
ROWS = 112  # of the matrices that are multiplied at a time
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Runner(Ensemble):
    """An ensemble in torch, batch norm folded.

    On the CPU, chunks of spectra are shared out to as many threads as
    `torch.get_num_threads` says when `predict` is called; the outputs do not depend
    on their number.

    Parameters
    ----------
    parameters : sequence of Parameters
        The members, all of one architecture.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``...
    precision : str
        ``"float32"``, or ``"bfloat16"`` for the convolutions after the first, which
        does **not** keep the contract. On 168 real spectra with the two published
        networks it moved outputs by up to 0.05, redshifts of lines above 0.5 by up to
        4e-4 (1+z), 120 km/s (median 5e-5, 15 km/s), and no label.
    chunk : int, optional
        Spectra at a time; memory grows with it, not with the number of spectra.

    Raises
    ------
    ValueError
        An unknown precision.
    """

    def __init__(
        self,
        parameters: Sequence[Parameters],
        device: str = "cpu",
        precision: str = "float32",
        chunk: int | None = None,
    ):
        super().__init__(parameters)
        if precision not in PRECISIONS:
            msg = f"precision {precision!r}: expected one of {', '.join(PRECISIONS)}"
            raise ValueError(msg)
        self.device = torch.device(device)
        on_cpu = self.device.type == "cpu"
        self.chunk = chunk or (CHUNK_CPU if on_cpu else CHUNK_GPU)
        fast = on_cpu and toom_cook.fits(self.arch.width, self.arch.stride)
        kind = _Fast if fast else _Direct
        where = (self.device, PRECISIONS[precision])
        self._members = [kind(fold(member), *where) for member in parameters]

    def _fill(self, out: np.ndarray, x: np.ndarray) -> None:
        members = range(self.n_members)
        tasks = itertools.product(members, range(0, len(x), self.chunk))
        if self.device.type != "cpu":
            self._work(tasks, x, out)
            return
        with _single_threads() as (pool, threads):
            # One iterator for all: whoever is free takes the next chunk.
            jobs = [pool.submit(self._work, tasks, x, out) for _ in range(threads)]
            for job in jobs:
                job.result()

    @torch.inference_mode()
    def _work(self, tasks, x: np.ndarray, out: np.ndarray) -> None:
        scratch = self._members[0].scratch(self.chunk)
        for member, start in tasks:
            rows = slice(start, start + self.chunk)
            spectra = x[rows]
            outputs = self._members[member].forward(spectra, scratch)
            shape = (-1, *out.shape[2:])
            out[member, rows] = outputs[: len(spectra)].reshape(shape)


@contextmanager
def _single_threads() -> Iterator[tuple[ThreadPoolExecutor, int]]:
    """Give a pool of the threads that torch would use, each with torch to itself.

    Whole chunks on every thread scale better than operations of 100 µs that all
    threads must join. The number of threads is partly a thread's own and partly the
    process': every thread must set it, and the process' must be put back.
    """
    threads = torch.get_num_threads()
    settings = {"initializer": torch.set_num_threads, "initargs": (1,)}
    try:
        with ThreadPoolExecutor(threads, **settings) as pool:
            yield pool, threads
    finally:
        torch.set_num_threads(threads)


class _Fast:
    """One network by `toom_cook`, on the CPU; only the products are in `precision`."""

    def __init__(self, network: Folded, device: torch.device, precision: torch.dtype):
        self.arch, self.precision = network.arch, precision
        first, *later = network.conv
        self.first = (toom_cook.ten_taps(first.kernel), first.bias)
        self.later = [
            (_tensor(toom_cook.evaluate_kernel(a.kernel)).to(precision), a.bias)
            for a in later
        ]
        self.tail = _Tail(network, device)

    def scratch(self, chunk: int) -> _Scratch:
        """Return room for `chunk` spectra."""
        return _Scratch(self.arch, chunk, self.precision)

    def forward(self, x: np.ndarray, scratch: _Scratch) -> np.ndarray:
        """Return outputs; rows beyond those of `x` are left from earlier calls."""
        scratch.spectra[: len(x)] = x
        toom_cook.convolve_pixels(scratch.padded, *self.first, *scratch.first)
        for (kernel, bias), layer in zip(self.later, scratch.layers, strict=True):
            for pairs, out in layer.groups:
                toom_cook.evaluate_pixels(pairs, layer.values)
                layer.multiply(kernel)
                toom_cook.interpolate(layer.products, bias, out, *layer.place)
        return self.tail(torch.from_numpy(scratch.last)).numpy()


class _Scratch:
    """Arrays that `_Fast.forward` writes to, zero wherever padding is read.

    Attributes
    ----------
    padded : ndarray, shape (chunk, pixels and padding)
        The spectra; `spectra` is the part without padding.
    first : (ndarray, int, int)
        Where the first layer writes: an array, the first pixel, how many.
    layers : list of _Layer
        The layers after the first.
    last : ndarray, shape (chunk, positions, filters)
        What the dense layers read.
    """

    def __init__(self, arch: Architecture, chunk: int, precision: torch.dtype):
        before, after = arch.pads[0]
        size = arch.grid.size
        self.padded = np.zeros((chunk, before + size + after + 1), np.float32)
        self.spectra = self.padded[:, before : before + size]
        self.last = np.zeros((chunk, arch.lengths[-1], arch.filters), np.float32)
        written = [(self.last, 0, arch.lengths[-1])]
        for k in reversed(range(arch.n_layers - 1)):
            length, pads = arch.lengths[k], arch.pads[k + 1]
            pixels = _even_room(length, pads, arch.lengths[k + 1])
            padded = np.zeros((chunk, pixels, arch.filters), np.float32)
            written.insert(0, (padded, pads[0], length))
        self.first = written[0]
        pairs = itertools.pairwise(written)
        self.layers = [_Layer(source[0], target, precision) for source, target in pairs]


class _Layer:
    """The arrays of one layer and their views for torch.

    A few spectra at a time go through it, so that what is between the three steps
    stays in a core's own cache.
    """

    def __init__(self, source: np.ndarray, target: tuple, precision: torch.dtype):
        chunk, _, filters = source.shape
        out, *self.place = target
        tiles, width = toom_cook.tiles(target[2]), 2 * filters
        group = _divisor(chunk, ROWS // tiles)
        pairs = source.reshape(chunk, -1, width)
        starts = range(0, chunk, group)
        self.groups = [(pairs[s : s + group], out[s : s + group]) for s in starts]
        self.values = np.empty((group, tiles, toom_cook.POINTS, width), np.float32)
        shape = (toom_cook.POINTS, group, tiles, filters)
        self.products = np.empty(shape, np.float32)
        rows = torch.from_numpy(self.values).view(-1, toom_cook.POINTS, width)
        self.left = rows.transpose(0, 1)
        self.right = torch.from_numpy(self.products).view(shape[0], -1, filters)
        # In float32 these two are the same memory, and nothing is copied.
        self.rounded = (self.left.to(precision), self.right.to(precision))

    def multiply(self, kernel: torch.Tensor) -> None:
        """Fill `products` from `values`."""
        left, right = self.rounded
        if left is self.left:
            torch.bmm(left, kernel, out=right)
            return
        left.copy_(self.left)
        torch.bmm(left, kernel, out=right)
        self.right.copy_(right)


def _divisor(whole: int, most: int) -> int:
    """Return the largest divisor of `whole` up to `most`, at least 1."""
    return max(d for d in range(1, max(1, most) + 1) if whole % d == 0)


def _even_room(length: int, pads: tuple[int, int], following: int) -> int:
    """Return the pixels of a layer's output, padded for the layer that follows."""
    pixels = max(toom_cook.room(following), pads[0] + length)
    return pixels + pixels % 2


class _Direct:
    """One network by torch's convolutions, on any device and in any precision."""

    def __init__(self, network: Folded, device: torch.device, precision: torch.dtype):
        self.arch, self.device = network.arch, device
        first, *later = network.conv
        # The spectra themselves are not rounded: that would cost half the accuracy.
        precisions = (torch.float32, *(precision for _ in later))
        self.conv = [
            (_four_dimensional(a.kernel).to(device, p), _tensor(a.bias).to(device, p))
            for a, p in zip((first, *later), precisions, strict=True)
        ]
        self.tail = _Tail(network, device)

    def scratch(self, chunk: int) -> None:
        """Return nothing: torch allocates."""

    def forward(self, x: np.ndarray, _scratch: None) -> np.ndarray:
        """Return the outputs."""
        hidden = torch.from_numpy(np.ascontiguousarray(x)).to(self.device)
        hidden = hidden[:, None, None]
        stride = (1, self.arch.stride)
        for (kernel, bias), pads in zip(self.conv, self.arch.pads, strict=True):
            hidden = hidden.to(kernel.dtype)
            if pads[0] != pads[1]:
                hidden, pads = functional.pad(hidden, pads), (0, 0)  # noqa: PLW2901
            hidden = hidden.contiguous(memory_format=torch.channels_last)
            with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
                padding = (0, pads[0])
                hidden = functional.conv2d(hidden, kernel, bias, stride, padding)
            hidden = hidden.relu_()
        flat = hidden[:, :, 0].transpose(1, 2).float()
        return self.tail(flat).cpu().numpy()


class _Tail:
    """The dense layers, in float32."""

    def __init__(self, network: Folded, device: torch.device):
        affines = (network.dense, network.heads)
        self.dense, self.heads = (
            (_tensor(a.kernel).to(device), _tensor(a.bias).to(device)) for a in affines
        )
        repeats = len(network.arch.heads)
        span = [np.tile(values, repeats) for values in network.span]
        self.scale, self.shift = (_tensor(values).to(device) for values in span)

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return outputs (n, heads * 2 * boxes) of (n, positions, filters)."""
        kernel, bias = self.dense
        hidden = torch.addmm(bias, hidden.reshape(len(hidden), -1), kernel).relu_()
        kernel, bias = self.heads
        outputs = torch.addmm(bias, hidden, kernel).sigmoid_()
        return outputs.mul_(self.scale).add_(self.shift)


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _four_dimensional(kernel: np.ndarray) -> torch.Tensor:
    """Return (width, in, out) as (out, in, 1, width), channels last in memory."""
    moved = _tensor(kernel.transpose(2, 1, 0)).unsqueeze(2)
    return moved.contiguous(memory_format=torch.channels_last)
