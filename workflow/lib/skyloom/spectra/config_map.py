"""The keys of the map of spectra: network, grid, training, and its labels."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import Rate, Share, Unlike

Kind = Literal["som", "pca_som", "kmeans", "ae_som"]


class Units(Section):
    """The grid of a map."""

    rows: int = key(15, "Rows of the map.", ge=2, le=100)
    columns: int = key(15, "Columns of the map.", ge=2, le=100)
    lattice: Literal["rectangular", "hexagonal"] = key(
        "rectangular", "How units lie: in a square lattice, or in a hexagonal one."
    )
    topology: Literal["sheet", "torus"] = key(
        "sheet", "Whether opposite edges touch: on a torus they do."
    )
    metric: Literal["manhattan", "chebyshev", "euclidean", "legacy"] = key(
        "manhattan",
        "Distance between units on the grid; `legacy` is the published one, which is "
        "sheared.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.lattice == "hexagonal" and self.metric in {"chebyshev", "legacy"}:
            msg = (
                "a hexagonal map has the distances euclidean and manhattan (steps "
                "from unit to unit); set metric to one of them"
            )
            raise ValueError(msg)
        if self.lattice == "hexagonal" and self.topology == "torus" and self.rows % 2:
            msg = "a hexagonal torus has an even number of rows; change rows"
            raise ValueError(msg)
        if self.metric == "legacy" and self.topology == "torus":
            msg = "the legacy distance is defined on a sheet; set topology to sheet"
            raise ValueError(msg)
        return self


class Temperature(Section):
    """The width of the neighbourhood, exp(-d²/T²), over the training."""

    first: float = key(15.0, "At the first iteration.", "grid steps", gt=0, le=1000)
    last: float = key(
        0.7,
        "At the end of the decay; below about 1 the order of the map is given up.",
        "grid steps",
        gt=0,
        le=1000,
    )
    schedule: Literal["exponential", "linear", "constant"] = key(
        "exponential", "How it falls from first to last; constant keeps the first."
    )


class Training(Section):
    """The training of a network and its map, jointly."""

    gamma: float = key(5e-4, "Weight of the map's loss.", ge=0, le=1_000_000)
    rate: Rate = key(5e-5, "Learning rate of Adam.")
    iterations: int = key(125_000, "Steps.", ge=1)
    decay: int = key(
        100_000, "Steps over which the temperature falls; then it stays.", ge=1
    )
    batch: int = key(128, "Spectra a step.", ge=1)
    temperature: Temperature = part(Temperature)
    pretrain: int = key(
        0, "Passes over the data that train the autoencoder alone, first.", ge=0
    )
    start: Literal["random", "som"] = key(
        "som",
        "Where prototypes start: encoded spectra by lot, or a map trained on all "
        "encoded spectra.",
    )
    log_every: int = key(100, "Steps between two rows of the log.", ge=1)
    save_every: int = key(5000, "Steps between two checkpoints.", ge=1)


class Desom(Section):
    """DESOM-1: the map of spectra."""

    network: Literal["conv_big", "conv_small", "mlp"] = key(
        "conv_small", "Autoencoder; all three are published."
    )
    latent: int = key(256, "Width of the latent space.", ge=2, le=4096)
    weighted: bool = key(
        True,
        "Whether pixels count by their inverse variance; masked pixels never count.",
    )
    units: Units = part(Units)
    training: Training = part(Training)
    baselines: Unlike[Kind] = key(
        ("som", "pca_som", "kmeans"), "Other maps, trained and judged beside it."
    )
    repeats: int = key(
        0,
        "Further trainings with other seeds, to tell how stable the map is.",
        ge=0,
        le=100,
    )
    threads: int = key(
        4, "Cores of a training; the last digits of a map depend on it.", ge=1, le=256
    )
    gpu: bool = key(
        False, "Whether a training asks for a GPU, which TensorFlow must support."
    )


class Labels(Section):
    """Physical quantities read off the map."""

    columns: tuple[str, ...] = key(
        ("log_age", "z_h", "ebv_stars", "log_ssfr"),
        "Columns of the spectra's tables that are learned: these four, logMs_dens, "
        "logSFR_dens, ML_r, BPTdist_Ka03, sigma_star, dn4000 or ew_ha. Those that are "
        "absent are left out, and said; all may be.",
    )
    calibrate: Share = key(
        0.15,
        "Share of the training galaxies held out of the fit of labels; intervals are "
        "calibrated on them together with the other training galaxies, each of which "
        "is predicted by a fit without it.",
        "fraction",
    )
