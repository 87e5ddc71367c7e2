"""Labels from a map: what is learned from spectra of known labels, and estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from skyloom.spectra.labels.amplitudes import Amplitudes, Basis, amplitudes
from skyloom.spectra.labels.intervals import Interval
from skyloom.spectra.labels.linear import apply_plane
from skyloom.spectra.labels.nodes import Shares, shares
from skyloom.spectra.mapping.model import SpectralMap

CHUNK = 4096  # spectra at a time


@dataclass(frozen=True, eq=False)
class Label:
    """What a map knows of one label.

    Attributes
    ----------
    planes : ndarray, shape (n_units, width + 1)
        Slopes and offset of the label over amplitudes, in each node.
    interval : Interval
        What makes its intervals.
    limits : ndarray, shape (2,)
        Smallest and largest of the training spectra: no estimate is beyond, nor an
        end of an interval.
    """

    planes: np.ndarray
    interval: Interval
    limits: np.ndarray


@dataclass(frozen=True, eq=False)
class LabelModel:
    """Labels of a map of spectra.

    Attributes
    ----------
    labels : mapping of str to Label
        By column; empty where the training spectra had none.
    basis : Basis
        Shapes whose amplitudes the labels are functions of.
    usual : ndarray, shape (2,)
        What 1 % of training spectra exceed of `Amplitudes.strange`: intervals of
        stranger spectra are wider.
    width : float
        Of the kernel of the soft assignment, in the map's latent space.
    map : str
        Digest of the map.
    about : mapping
        How it was made, JSON-plain.
    """

    labels: Mapping[str, Label]
    basis: Basis
    usual: np.ndarray
    width: float
    map: str
    about: Mapping = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Estimates:
    """Labels of spectra, and where these are on the map.

    Attributes
    ----------
    names : tuple of str
        The labels.
    median, lower, upper : ndarray, shape (n, labels)
        And the 68 % interval; NaN for a spectrum without a good pixel.
    bmu : ndarray of int, shape (n,)
        Best-matching unit; -1 without a good pixel.
    distance : ndarray, shape (n,)
        To it, in latent space.
    latent : ndarray of float32, shape (n, latent)
        Latent vectors; NaN without a good pixel.
    """

    names: tuple[str, ...]
    median: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    bmu: np.ndarray
    distance: np.ndarray
    latent: np.ndarray


def estimate(
    model: LabelModel, made: SpectralMap, flux: np.ndarray, ivar: np.ndarray
) -> Estimates:
    """Return the labels of spectra that are scaled as the map's were, (n, pixels).

    Raises
    ------
    ValueError
        The labels are those of another map.
    """
    if made.digest != model.map:
        msg = "the labels were read off another map; make labels/labels.npz again"
        raise ValueError(msg)
    names = tuple(model.labels)
    found = np.full((3, len(flux), len(names)), np.nan)
    bmu, distance = np.full(len(flux), -1), np.full(len(flux), np.nan)
    latent = np.full((len(flux), made.som.width), np.nan, np.float32)
    for i in range(0, len(flux), CHUNK):
        some = np.asarray(ivar[i : i + CHUNK])
        rows = i + np.flatnonzero((some > 0).any(axis=1))
        if len(rows):
            chunk = np.asarray(flux[rows]), np.asarray(ivar[rows])
            bmu[rows], distance[rows], latent[rows] = made.place(*chunk)
            near = shares(made.som, latent[rows], model.width)
            known = amplitudes(model.basis, *chunk)
            wider = np.sqrt((known.strange / model.usual).max(axis=1).clip(min=1))
            for j, name in enumerate(names):
                found[:, rows, j] = ends(model.labels[name], near, known, wider)
    return Estimates(names, found[1], found[0], found[2], bmu, distance, latent)


def ends(label: Label, near: Shares, known: Amplitudes, wider=1.0) -> np.ndarray:
    """Return lower end, median and upper end of a label, shape (3, n).

    Intervals are `wider` than they are calibrated to be, by a factor of each spectrum.
    """
    value, noise = predict(label.planes, near, known)
    low, middle, high = label.interval.offsets(noise, near)
    median = np.clip(value + middle, *label.limits)
    below, above = (low - middle) * wider, (high - middle) * wider
    return np.clip([median + below, median, median + above], *label.limits)


def predict(planes, near: Shares, known: Amplitudes) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of planes, and the variance that the spectra's noise makes."""
    plane = near.mix(planes)
    slope = plane[:, :-1]
    noise = np.einsum("ni,nij,nj->n", slope, known.covariance, slope, optimize=True)
    return apply_plane(plane, known.value), np.maximum(noise, 0)
