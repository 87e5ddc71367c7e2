"""The keys of fingerprints, and of the map of galaxies."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import Rate
from skyloom.spectra.config_map import Temperature, Training, Units


class Fingerprints(Section):
    """A galaxy's fingerprint: how its spectra fall on the units of the map."""

    weight: Literal["counts", "area", "light"] = key(
        "counts", "What a spectrum counts: one, its area, or its light."
    )
    radius: float | None = key(
        None, "Largest radius of the spectra; null for all.", "Re", gt=0, le=1000
    )


class GalaxyTemperature(Temperature):
    """The width of the neighbourhood of the map of galaxies over the training."""

    last: float = key(0.5, "At the end of the decay.", "grid steps", gt=0, le=1000)


class GalaxyUnits(Units):
    """The grid of the map of galaxies."""

    rows: int = key(10, "Rows of the map.", ge=2, le=100)
    columns: int = key(10, "Columns of the map.", ge=2, le=100)


class GalaxyTraining(Training):
    """The training of the map of galaxies."""

    gamma: float = key(8e-6, "Weight of the map's loss.", ge=0, le=1_000_000)
    rate: Rate = key(1e-4, "Learning rate of Adam.")
    iterations: int = key(40_000, "Steps.", ge=1)
    decay: int = key(
        35_000, "Steps over which the temperature falls; then it stays.", ge=1
    )
    batch: int = key(1024, "Fingerprints a step.", ge=1)
    temperature: GalaxyTemperature = part(GalaxyTemperature)


class GalaxyMap(Section):
    """DESOM-2: the map of galaxies, trained on fingerprints."""

    network: Literal["conv_late", "conv_early"] = key(
        "conv_late", "Autoencoder; both are published."
    )
    latent: int = key(128, "Width of the latent space.", ge=2, le=4096)
    scaling: Literal["clipped", "minmax", "none"] = key(
        "clipped",
        "Scaling of fingerprints, fitted on the training galaxies: clipped at the "
        "99.9 percentile of a unit and to 0..1 by unit and by fingerprint; to 0..1 by "
        "fingerprint; or none.",
    )
    distance: Literal["pixels", "earth_mover"] = key(
        "pixels",
        "What the loss compares fingerprints by: unit by unit, or by their energy "
        "distance, which like the earth mover's grows with how far spectra would have "
        "to move on the map.",
    )
    units: GalaxyUnits = part(GalaxyUnits)
    training: GalaxyTraining = part(GalaxyTraining)

    @model_validator(mode="after")
    def _moves_shares(self) -> Self:
        if self.distance == "earth_mover" and self.scaling != "none":
            msg = (
                "distance earth_mover moves shares of spectra on the map, and scaled "
                f"({self.scaling}) they are no shares; set scaling to none"
            )
            raise ValueError(msg)
        return self
