"""The keys of the simulated survey of galaxies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skyloom.run.config import Section, key
from skyloom.run.config_types import DataFolder, Interval, Unlike

Fibres = Annotated[Unlike[Literal[19, 37, 61, 91, 127]], Field(min_length=1)]


class Simulate(Section):
    """A survey of simulated galaxies in the layout of MaNGA's chunks."""

    galaxies: int = key(4600, "Galaxies.", ge=2, le=100_000)
    spectra: int = key(
        220, "Spectra a galaxy, on average; large units have more.", ge=4, le=100000
    )
    fibres: Fibres = key(
        (19, 37, 61, 91, 127), "Numbers of fibres of the units, drawn as in MaNGA."
    )
    redshift: Interval[Annotated[float, Field(ge=0.003, le=0.2)]] = key(
        (0.01, 0.15), "Smallest and largest redshift."
    )
    sn: Interval[Annotated[float, Field(gt=0, le=1000)]] = key(
        (5.0, 100.0),
        "Median S/N a pixel of the outermost and of the brightest spectra.",
    )
    cubes: int = key(
        1,
        "Galaxies that are also written as LOGCUBE and MAPS: the smallest units.",
        ge=0,
        le=100_000,
    )
    templates: DataFolder | None = key(
        None,
        "Folder of MaStar's simple stellar populations; null for that of the package "
        "sdss-mangadap.",
        "path",
    )
