"""The keys of simulated surveys and samples."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import DataFolder, Rising, Share, Unlike

Families = Unlike[Literal["baldwin", "composite", "eigen"]]
Magnitude = Annotated[float, Field(ge=0, le=40)]


class Objects(Section):
    """What is observed in a simulation."""

    mix: tuple[Share, Share, Share, Share] = key(
        # What DESI's inspectors met among quasar targets (Alexander et al. 2023).
        (0.70, 0.16, 0.06, 0.08),
        "Shares of quasars, galaxies, stars and spoilt spectra of all three.",
        "fraction",
    )
    families: Families = key(
        ("baldwin", "composite"),
        "Families of simulated quasars, in equal shares.",
        min_length=1,
    )
    templates: DataFolder | None = key(
        None,
        "Folder of redrock's rrtemplate-QSO-{LOZ,HIZ}-v1.1.fits[.gz], for the family "
        "eigen.",
        "path",
    )
    redshifts: Literal["desi", "boss", "broad"] = key(
        "desi", "Distribution of the quasars' redshifts."
    )
    red: Share = key(
        0.08,
        "Share of quasars that dust reddens by E(B-V) of 0.15 to 0.5, more than the "
        "sky has, so that they are learned.",
        "fraction",
    )
    associated: Share = key(
        0.05,
        "Share of quasars with strong narrow absorption near their own redshift, half "
        "of it damped.",
        "fraction",
    )
    gaps: Share = key(
        0.05,
        "Share of spectra, besides the spoilt, with masked stretches, a dead arm or "
        "steps between arms.",
        "fraction",
    )
    magnitudes: Rising[Magnitude] = key(
        (18.5, 22.7), "Brightest and faintest magnitude over 4000 to 7000 Å.", "AB mag"
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if "eigen" in self.families and self.templates is None:
            msg = "the family eigen needs redrock's templates; set `templates` to "
            raise ValueError(msg + "their folder")
        if not any(self.mix):
            msg = "the mix is all zero; give a share to one class or more"
            raise ValueError(msg)
        return self


class SimulatedSurvey(Section):
    """A survey of DESI exposures."""

    tiles: int = key(4, "Tiles.", ge=1, le=10000)
    targets: int = key(500, "New targets a tile.", ge=1, le=100000)
    exposures: int = key(2, "Exposures a tile.", ge=1, le=1000)
    first_tile: int = key(1001, "Number of the first tile.", ge=1, le=10000)
    objects: Objects = part(Objects, "What the survey observes.")


class SimulatedSample(Section):
    """The labelled spectra that the first round starts from."""

    targets: int = key(4000, "Targets, each observed once.", ge=1, le=10_000_000)
    boss: Share = key(0.0, "Share of BOSS spectra; the others are DESI's.", "fraction")
    objects: Objects = part(Objects, "What the sample is made of.")


class Simulate(Section):
    """The simulated survey and its training sample."""

    survey: SimulatedSurvey = part(SimulatedSurvey)
    sample: SimulatedSample = part(SimulatedSample)
