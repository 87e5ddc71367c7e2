"""Networks run in torch: on the CPU with few multiplications, or on a GPU.

The outputs keep the contract: 1e-5, redshifts 1e-6 (1+z).
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


class Runner(Ensemble):
    """An ensemble in torch, batch norm folded.

    On the CPU, chunks of spectra are shared out to as many threads as
    `torch.get_num_threads` says when `predict` is called; the outputs do not depend
    on their number.

    `device` is ``"cpu"``, ``"cuda"``, ``"cuda:1"``...; memory grows with `chunk`, the
    spectra at a time, not with their number.
    """

    def __init__(
        self,
        parameters: Sequence[Parameters],
        device: str = "cpu",
        chunk: int | None = None,
    ):
        super().__init__(parameters)
        self.device = torch.device(device)
        on_cpu = self.device.type == "cpu"
        self.chunk = chunk or (CHUNK_CPU if on_cpu else CHUNK_GPU)
        fast = on_cpu and toom_cook.fits(self.arch.width, self.arch.stride)
        kind = _Fast if fast else _Direct
        self._members = [kind(fold(member), self.device) for member in parameters]

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
    """One network by `toom_cook`, on the CPU."""

    def __init__(self, network: Folded, device: torch.device):
        self.arch = network.arch
        first, *later = network.conv
        self.first = (toom_cook.ten_taps(first.kernel), first.bias)
        self.later = [
            (_tensor(toom_cook.evaluate_kernel(a.kernel)), a.bias) for a in later
        ]
        self.tail = _Tail(network, device)

    def scratch(self, chunk: int) -> _Scratch:
        """Return room for `chunk` spectra."""
        return _Scratch(self.arch, chunk)

    def forward(self, x: np.ndarray, scratch: _Scratch) -> np.ndarray:
        """Return outputs; rows beyond those of `x` are left from earlier calls."""
        scratch.spectra[: len(x)] = x
        toom_cook.convolve_pixels(scratch.padded, *self.first, *scratch.first)
        for (kernel, bias), layer in zip(self.later, scratch.layers, strict=True):
            for pairs, out in layer.groups:
                toom_cook.evaluate_pixels(pairs, layer.values)
                torch.bmm(layer.left, kernel, out=layer.right)
                toom_cook.interpolate(layer.products, bias, out, *layer.place)
        return self.tail(torch.from_numpy(scratch.last)).numpy()


class _Scratch:
    """Room for a chunk of spectra on their way through the layers.

    `spectra` is where they go; `first` is where the first layer writes (an array, the
    first pixel, how many); `layers` are those after it; `last` (chunk, positions,
    filters) is what the dense layers read.
    """

    def __init__(self, arch: Architecture, chunk: int):
        before, after = arch.pads[0]
        size = arch.grid.size
        self.padded = np.zeros((chunk, before + size + after + 1), np.float32)
        self.spectra = self.padded[:, before : before + size]
        self.last = np.zeros((chunk, arch.lengths[-1], arch.filters), np.float32)
        written = [(self.last, 0, arch.lengths[-1])]
        for k in reversed(range(arch.n_layers - 1)):
            length, pads = arch.lengths[k], arch.pads[k + 1]
            pixels = max(toom_cook.room(arch.lengths[k + 1]), pads[0] + length)
            shape = (chunk, pixels + pixels % 2, arch.filters)
            written.insert(0, (np.zeros(shape, np.float32), pads[0], length))
        self.first = written[0]
        pairs = itertools.pairwise(written)
        self.layers = [_Layer(source[0], target) for source, target in pairs]


class _Layer:
    """The arrays of one layer and their views for torch.

    A few spectra at a time go through it, so that what is between the three steps
    stays in a core's own cache.
    """

    def __init__(self, source: np.ndarray, target: tuple):
        chunk, _, filters = source.shape
        out, *self.place = target
        tiles, width = toom_cook.tiles(target[2]), 2 * filters
        most = max(1, ROWS // tiles)
        group = max(d for d in range(1, most + 1) if chunk % d == 0)
        pairs = source.reshape(chunk, -1, width)
        starts = range(0, chunk, group)
        self.groups = [(pairs[s : s + group], out[s : s + group]) for s in starts]
        self.values = np.empty((group, tiles, toom_cook.POINTS, width), np.float32)
        shape = (toom_cook.POINTS, group, tiles, filters)
        self.products = np.empty(shape, np.float32)
        rows = torch.from_numpy(self.values).view(-1, toom_cook.POINTS, width)
        self.left = rows.transpose(0, 1)
        self.right = torch.from_numpy(self.products).view(shape[0], -1, filters)


class _Direct:
    """One network by torch's convolutions, on any device."""

    def __init__(self, network: Folded, device: torch.device):
        self.arch, self.device = network.arch, device
        self.conv = [
            (_four_dimensional(a.kernel).to(device), _tensor(a.bias).to(device))
            for a in network.conv
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
            hidden = functional.pad(hidden, pads)
            hidden = hidden.contiguous(memory_format=torch.channels_last)
            with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
                hidden = functional.conv2d(hidden, kernel, bias, stride)
            hidden = hidden.relu_()
        flat = hidden[:, :, 0].transpose(1, 2)
        return self.tail(flat).cpu().numpy()


class _Tail:
    """The dense layers."""

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
