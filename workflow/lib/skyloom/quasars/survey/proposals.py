"""Every line of every member proposes a redshift; shifted spectra propose again.

A network draws an answer that it is unsure of towards the middle of its box. The mean
over two neighbouring boxes is drawn to neither middle, and the mean over spectra
shifted by some pixels, with the line at other places of its box, has no middle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.spectra.grid import Grid, normalise

SPAN = 2  # boxes over which shifts are spread


class Proposals(NamedTuple):
    """Redshifts proposed for n spectra, arrays (proposers, n, lines).

    `u` is ln(1 + z) of each line by each proposer (a member at one shift), float64;
    `confidence` 0..1, float32, 0 for a proposer that may not speak.
    """

    u: np.ndarray
    confidence: np.ndarray

    def rows(self, index: np.ndarray) -> Proposals:
        """Return chosen spectra."""
        return Proposals(self.u[:, index], self.confidence[:, index])


def propose(
    outputs: np.ndarray,
    arch: Architecture,
    shift: int = 0,
    use: np.ndarray | None = None,
) -> Proposals:
    """Return what the emission lines propose.

    `outputs` (members, n, heads, 2 * boxes) are those of spectra shifted by `shift`
    pixels to the red; `use` (members, n), bool, says which members may speak of which
    spectrum.
    """
    lines, boxes = len(arch.lines), arch.boxes
    probability = outputs[..., :lines, :boxes].astype(np.float64)
    place = np.arange(boxes) + outputs[..., :lines, boxes:]
    top = probability.argmax(axis=-1)
    near = np.abs(np.arange(boxes) - top[..., None]) <= 1
    weight = probability * near
    position = (weight * place).sum(axis=-1) / weight.sum(axis=-1)
    u = log_wave(position * arch.grid.size / boxes, arch.grid, shift)
    confidence = probability.max(axis=-1).astype(np.float32)
    if use is not None:
        confidence = np.where(np.asarray(use, bool)[..., None], confidence, 0)
    return Proposals(u - np.log(arch.heads.rest[:lines]), confidence)


def log_wave(pixel: np.ndarray, grid: Grid, shift: int = 0) -> np.ndarray:
    """Return ln of the wavelength [Å] at a pixel of a spectrum moved by `shift`.

    Raises ValueError for a shift on a linear grid, where it is no redshift.
    """
    if grid.kind == "log":
        return np.log(10.0) * (grid.start + grid.step * (pixel - shift))
    if shift:
        msg = "spectra can be shifted on a logarithmic grid only"
        raise ValueError(msg)
    return np.log(grid.start + grid.step * pixel)


def shift_pixels(arch: Architecture, count: int) -> list[int]:
    """Return `count` shifts [pixels], even over `SPAN` boxes about no shift.

    Of the spans and numbers tried on real quasars, 12 over 2 boxes scattered least.
    """
    step = SPAN * arch.grid.size / arch.boxes / count
    return [round(step * (k - (count - 1) / 2)) for k in range(count)]


def moved(array: np.ndarray, shift: int) -> np.ndarray:
    """Return rows moved `shift` pixels to the red; what comes in is 0."""
    size = array.shape[1]
    source = np.arange(size) - shift
    inside = (source >= 0) & (source < size)
    return np.where(inside, array[:, source % size], array.dtype.type(0))


def dithered(
    runner,
    flux: np.ndarray,
    ivar: np.ndarray,
    shifts: int,
    use: np.ndarray | None = None,
) -> Proposals:
    """Return the proposals of all members at `shifts` shifts of `shift_pixels`.

    `flux` and `ivar` (n, pixels) are on the network's grid, before normalisation; a
    spectrum that lost all signal to its shift does not speak. For `use` see `propose`.
    """
    parts = []
    for shift in shift_pixels(runner.arch, shifts):
        x, good = normalise(moved(flux, shift), moved(ivar, shift))
        outputs = runner.predict(x)
        speak = np.broadcast_to(good, outputs.shape[:2])
        speak = speak if use is None else speak & use
        parts.append(propose(outputs, runner.arch, shift, speak))
    return Proposals(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
