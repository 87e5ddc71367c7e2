"""The keys of the spectra's part of the configuration."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import (
    DataFile,
    DataFolder,
    DataPlace,
    PathName,
    Rising,
    Share,
)
from skyloom.spectra.config_galaxies import Fingerprints, GalaxyMap
from skyloom.spectra.config_map import Desom, Labels
from skyloom.spectra.config_simulation import Simulate

Percentile = Annotated[float, Field(ge=0, le=100)]
Redshift = Annotated[float, Field(ge=-0.01, le=10)]


def _path(sentence: str) -> Any:
    return key(None, sentence, "path")


class Paths(Section):
    """Raw files, relative to $SKYLOOM_DATA (data/ if not set)."""

    chunks: DataFolder | None = _path(
        "Folder of spec<i>.npy, wave<i>.npy and datatab<i>.fits, of source chunks; "
        "ivar<i>.npy if there is one."
    )
    manga: DataFolder | None = _path(
        "Folder of MaNGA's LOGCUBE and MAPS files, of source manga; those that are "
        "listed and not there are fetched."
    )
    plateifus: DataFile | None = _path(
        "CSV file with the column plateifu: the galaxies of source manga."
    )
    spectra: DataPlace | None = _path(
        "Folder or file of single spectra, SDSS spec-*.fits, of source spectra."
    )


class Grid(Section):
    """The grid at rest that all spectra are brought to."""

    start: float = key(3600.0, "Centre of the first pixel.", "Å", gt=500, lt=30000)
    step: float = key(
        1e-4, "Width of a pixel in log10 of the wavelength.", "dex", ge=2e-5, le=2e-3
    )
    pixels: int = key(
        4544, "Pixels; networks want a multiple of 16.", ge=64, le=32768, multiple_of=16
    )


class Cuts(Section):
    """What a spectrum must have to be used; spectra that lack it are counted by cut."""

    good: Share = key(
        0.86, "Share of the grid's pixels that are good, at least.", "fraction"
    )
    sn: float = key(5.0, "Median S/N a pixel, at least.", ge=0, le=1_000_000)
    signal: float | None = key(
        3.0,
        "Largest value of the table's column `signal`, where it has one.",
        ge=-1_000_000,
        le=1_000_000,
    )
    chi2: float | None = key(
        50.0, "Largest value of the table's column `chi2`, where it has one.", gt=0
    )
    outliers: Rising[Percentile] = key(
        (0.5, 99.5),
        "Percentiles of smallest and largest scaled flux beyond which a spectrum is an "
        "outlier.",
        "%",
    )


class Sample(Section):
    """The spectra that the map is trained and judged on."""

    size: str = key(
        "250k", "Spectra, as spec<size>.npy names them.", pattern=r"^[1-9]\d*[km]?$"
    )
    scale: Literal["zscore", "window", "median"] = key(
        "median",
        "Scaling of a spectrum: to mean 0 and standard deviation 1 along its length, "
        "by its mean flux at 4050 to 4150 Å, or by its median flux at 4400 to 5500 Å.",
    )
    test: float = key(
        0.2, "Share of the galaxies that are kept for tests.", "fraction", gt=0, lt=1
    )


class Place(Section):
    """Further spectra and cubes, placed on a trained map."""

    files: tuple[PathName, ...] = key(
        (), "Spectra and cubes, relative to $SKYLOOM_DATA.", "path"
    )
    redshifts: Redshift | DataFile | None = key(
        None,
        "One redshift, for files that do not tell theirs; or a CSV file with the "
        "columns file and redshift, which stand before the files' own.",
    )
    model: PathName | None = key(
        None,
        "Folder of the map that they are placed on, such as resources/models/spectra; "
        "null for the run's own.",
        "path",
    )


class Config(Section):
    """Maps of galaxy spectra, and of galaxies by the spectra that they have."""

    source: Literal["simulated", "chunks", "manga", "spectra", "none"] = key(
        "simulated",
        "Where spectra come from: a simulation, the seed's chunks, MaNGA's cubes, "
        "single spectra; or none: only `place`.",
    )
    chunks: int = key(
        10, "Files that the spectra are kept in, and jobs.", ge=1, le=10000
    )
    paths: Paths = part(Paths)
    simulate: Simulate = part(Simulate)
    grid: Grid = part(Grid)
    cuts: Cuts = part(Cuts)
    sample: Sample = part(Sample)
    desom: Desom = part(Desom)
    labels: Labels = part(Labels)
    fingerprints: Fingerprints = part(Fingerprints)
    galaxy_map: GalaxyMap = part(GalaxyMap)
    place: Place = part(Place)

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        needed = {"chunks": "chunks", "manga": "plateifus", "spectra": "spectra"}
        name = needed.get(self.source)
        if name and getattr(self.paths, name) is None:
            msg = f"source {self.source} needs spectra.paths.{name}; set it"
            raise ValueError(msg)
        if self.place.model is None and self.source == "none" and self.place.files:
            msg = "files to place, and no map; set spectra.place.model, or a source"
            raise ValueError(msg)
        return self
