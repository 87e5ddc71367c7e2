"""From a network's outputs to confidences, redshifts and classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import Heads
from skyloom.quasars.spectra.grid import Grid

NOT, LOW_Z, HIGH_Z = 0, 1, 2  # labels of an ensemble member's vote
Z_SPLIT = 2.1  # from here on Lyman α is well inside the blue arm


@dataclass(frozen=True)
class Lines:
    """What the heads say; every array has shape (..., heads).

    `heads` are in the order of the last axis, emission lines, then broad absorption;
    `confidence` is the largest of a head's boxes, `box` that box, and `z` the redshift
    if the line were there.
    """

    heads: Heads
    confidence: np.ndarray
    z: np.ndarray
    box: np.ndarray

    @property
    def emission(self) -> Lines:
        """Return the emission lines alone."""
        keep = slice(0, len(self.heads.lines))
        parts = (a[..., keep] for a in (self.confidence, self.z, self.box))
        return Lines(Heads(self.heads.lines, ()), *parts)


def decode(outputs: np.ndarray, arch: Architecture) -> Lines:
    r"""Return each head's confidence, redshift and box.

    The box :math:`j` is the most confident one (the first, on a tie), and

    .. math:: 1 + z = \lambda\big((j + o_j)\, n_{pix} / n_{box}\big) / \lambda_0,

    where :math:`\lambda` is linear between the pixels' edges, the inverse of
    `skyloom.quasars.network.lines.box_position`, and goes on straight beyond the
    grid's ends (as QuasarNET does; QuasarNP stops there).

    Raises
    ------
    ValueError
        The outputs are not of this architecture.
    """
    heads, boxes = arch.heads, arch.boxes
    outputs = np.asarray(outputs)
    if outputs.shape[-2:] != (len(heads), 2 * boxes):
        msg = f"outputs of shape {outputs.shape}: expected (..., {len(heads)}, "
        raise ValueError(msg + f"{2 * boxes}) of {arch.n_layers}-layer outputs")
    box = outputs[..., :boxes].argmax(axis=-1)
    take = box[..., None]
    confidence = np.take_along_axis(outputs, take, axis=-1)[..., 0]
    offset = np.take_along_axis(outputs, take + boxes, axis=-1)[..., 0]
    wave = wave_at(box + offset.astype(np.float64), arch.grid, boxes)
    return Lines(heads, confidence, wave / heads.rest - 1.0, box)


def wave_at(position: np.ndarray, grid: Grid, boxes: int) -> np.ndarray:
    """Return the wavelength [Å] at a position counted in boxes."""
    pixel, wave = np.asarray(position) * grid.size / boxes, grid.wave
    left = np.clip(np.floor(pixel), 0, grid.size - 2).astype(np.int64)
    return wave[left] + (pixel - left) * (wave[left + 1] - wave[left])


def best(lines: Lines) -> tuple[np.ndarray, np.ndarray]:
    """Return redshift and confidence of the most confident emission line, (...)."""
    seen = lines.emission
    top = seen.confidence.argmax(axis=-1)[..., None]
    z = np.take_along_axis(seen.z, top, axis=-1)[..., 0]
    return z, np.take_along_axis(seen.confidence, top, axis=-1)[..., 0]


def n_lines(confidence: np.ndarray, c_th: float) -> np.ndarray:
    """Return how many of the emission lines (..., lines) are above the threshold."""
    return (np.asarray(confidence) > c_th).sum(axis=-1)


def nth_confidence(confidence: np.ndarray, n_detect: int) -> np.ndarray:
    """Return the n-th largest confidence of the lines (last axis), NaN of any NaN.

    At least n lines are above a threshold exactly where this is above it.
    """
    if not 1 <= n_detect <= confidence.shape[-1]:
        msg = f"n_detect {n_detect}: there are {confidence.shape[-1]} lines"
        raise ValueError(msg)
    nth = np.sort(confidence, axis=-1)[..., -n_detect]
    return np.where(np.isnan(confidence).any(axis=-1), np.nan, nth)


def labels(lines: Lines, c_th: float, n_detect: int) -> np.ndarray:
    """Return 0 for no quasar, 1 for one below `Z_SPLIT`, 2 for one from there on."""
    quasar = n_lines(lines.emission.confidence, c_th) >= n_detect
    z, _ = best(lines)
    label = np.where(z >= Z_SPLIT, HIGH_Z, LOW_Z)
    return np.where(quasar, label, NOT).astype(np.int8)
