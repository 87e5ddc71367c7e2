"""The keys of the simulated survey."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from skyloom.run.config import Section, key

Side = Annotated[int, Field(ge=32, le=2048)]


class GalaxySettings(Section):
    """The population of simulated galaxies."""

    n_volunteers: int = key(30, "Volunteers a subject.", ge=1, le=500)
    size: tuple[Side, Side] = key((90, 150), "Range of the side of an image.", "px")
    beyond: float = key(
        0.5,
        "Share of galaxies with light that no component describes: clumps, rings, "
        "lopsided and broken disks.",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _range(self) -> Self:
        low, high = self.size
        if low > high:
            msg = f"size: got {low} to {high}, expected the lower limit first"
            raise ValueError(msg)
        return self


class Simulate(GalaxySettings):
    """The simulated survey."""

    n_subjects: int = key(300, "Galaxies.", ge=1, le=99999)
    n_repeats: int = key(
        0, "The first so many galaxies are shown again to others.", ge=0, le=99999
    )

    @model_validator(mode="after")
    def _repeats_are_galaxies(self) -> Self:
        if self.n_repeats > self.n_subjects:
            msg = (
                f"got n_repeats = {self.n_repeats}, n_subjects = {self.n_subjects}; "
                "expected n_repeats <= n_subjects"
            )
            raise ValueError(msg)
        return self
