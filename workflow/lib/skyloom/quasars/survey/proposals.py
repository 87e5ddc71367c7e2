"""Every line of every member proposes a redshift; shifted spectra propose again.

A network answers in boxes, and draws what it is unsure of towards the middle of the
box: redshifts pile up where the best line is in the middle of one. Two things take
that away, without any truth. A line near the edge of a box is in two boxes for the
network, and the mean of both answers is not drawn to either middle. And a spectrum
shifted by some pixels puts the same line elsewhere in its box: the mean over shifts
that span a box has no box to be in the middle of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.spectra.grid import Grid, normalise

SPAN = 2  # boxes over which shifts are spread


@dataclass(frozen=True)
class Proposals:
    """Redshifts proposed for n spectra.

    Attributes
    ----------
    u : ndarray, shape (proposers, n, lines), float64
        ln(1 + z) of each line by each proposer: a member, or one at one shift.
    confidence : ndarray, shape (proposers, n, lines), float32
        0..1; 0 is a proposer that may not speak.
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

    Parameters
    ----------
    outputs : ndarray, shape (members, n, heads, 2 * boxes)
        Of spectra shifted by `shift` pixels.
    arch : Architecture
        Of the members.
    shift : int
        Pixels by which the spectra were moved to the red; a logarithmic grid only.
    use : ndarray of bool, shape (members, n), optional
        Which members may speak of which spectrum.

    Raises
    ------
    ValueError
        A shift on a grid that is not logarithmic, where it is no redshift.
    """
    lines, boxes = len(arch.lines), arch.boxes
    chance = outputs[..., :lines, :boxes].astype(np.float64)
    place = np.arange(boxes) + outputs[..., :lines, boxes:]
    top = chance.argmax(axis=-1)
    near = np.abs(np.arange(boxes) - top[..., None]) <= 1
    weight = chance * near
    position = (weight * place).sum(axis=-1) / weight.sum(axis=-1)
    u = log_wave(position * arch.grid.size / boxes, arch.grid, shift)
    confidence = chance.max(axis=-1).astype(np.float32)
    if use is not None:
        confidence = np.where(np.asarray(use, bool)[..., None], confidence, 0)
    return Proposals(u - np.log(arch.heads.rest[:lines]), confidence)


def log_wave(pixel: np.ndarray, grid: Grid, shift: int = 0) -> np.ndarray:
    """Return ln of the wavelength [Å] at a pixel of a spectrum moved by `shift`."""
    if grid.kind == "log":
        return np.log(10.0) * (grid.start + grid.step * (pixel - shift))
    if shift:
        msg = "spectra can be shifted on a logarithmic grid only"
        raise ValueError(msg)
    return np.log(grid.start + grid.step * pixel)


def shift_pixels(arch: Architecture, count: int) -> list[int]:
    """Return `count` shifts [pixels], even over `SPAN` boxes about no shift.

    Over whole boxes, so that what depends on the place in a box averages out. Of the
    spans and numbers tried on real quasars, 12 over 2 boxes scattered least.
    """
    step = SPAN * arch.grid.size / arch.boxes / count
    return [round(step * (k - (count - 1) / 2)) for k in range(count)]


def moved(array: np.ndarray, shift: int) -> np.ndarray:
    """Return rows moved `shift` pixels to the red; what comes in is 0."""
    out = np.zeros_like(array)
    if shift > 0:
        out[:, shift:] = array[:, :-shift]
    elif shift < 0:
        out[:, :shift] = array[:, -shift:]
    else:
        out[:] = array
    return out


def dithered(
    runner,
    flux: np.ndarray,
    ivar: np.ndarray,
    shifts: int,
    use: np.ndarray | None = None,
) -> Proposals:
    """Return the proposals of all members at all shifts.

    Parameters
    ----------
    runner : Runner
        Any of `skyloom.quasars.network`; has `predict` and `arch`.
    flux, ivar : ndarray, shape (n, pixels)
        On the network's grid, before normalisation.
    shifts : int
        How many, see `shift_pixels`.
    use : ndarray of bool, shape (members, n), optional
        Which members may speak of which spectrum.

    Returns
    -------
    Proposals
        Of shifts x members; one that lost all signal to its shift does not speak.
    """
    parts = list(_each_shift(runner, flux, ivar, shifts, use))
    u = np.concatenate([part.u for part in parts])
    return Proposals(u, np.concatenate([part.confidence for part in parts]))


def _each_shift(runner, flux, ivar, shifts, use) -> Iterator[Proposals]:
    for shift in shift_pixels(runner.arch, shifts):
        x, good = normalise(moved(flux, shift), moved(ivar, shift))
        outputs = runner.predict(x)
        speak = np.broadcast_to(good, outputs.shape[:2])
        speak = speak if use is None else speak & use
        yield propose(outputs, runner.arch, shift, speak)
