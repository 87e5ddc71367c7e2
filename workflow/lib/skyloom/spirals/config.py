"""The keys of the area."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import (
    Count,
    DataFile,
    DataFolder,
    DataPlace,
    Device,
    Increasing,
    PathName,
    Share,
    Threads,
)
from skyloom.spirals.config_learning import (
    Compare,
    Images,
    Inpainting,
    Marks,
    Network,
    Split,
    Train,
)
from skyloom.spirals.config_simulation import Simulate

Source = Literal["simulated", "gz3d", "galaxy_builder", "pictures"]
Baseline = Literal["mean_mask", "disk_ellipse", "arcfire"]


def _path(sentence: str) -> Any:
    return key(None, sentence, "path")


class Paths(Section):
    """Given files, relative to $SKYLOOM_DATA (data/ when it is not set)."""

    gz3d: DataFolder | None = _path("Folder of gz3d_*.fits.gz, at any depth.")
    gz3d_sums: DataFile | None = _path(
        "List of GZ3D's files to fetch, as of sha256sum or sha1sum, where the folder "
        "is null."
    )
    catalogue: DataFile | None = _path(
        "Galaxies of Galaxy Zoo DESI: dr8_id, ra, dec, est_dr5_pixscale, as Parquet, "
        "FITS or CSV."
    )
    votes: tuple[DataFile, ...] = key(
        (), "Tables of votes, by dr8_id, with columns such as bar-dr5_strong.", "path"
    )
    sami: DataFile | None = _path("SAMI's targets: name, ra, dec; FITS or CSV.")
    cutouts: DataFolder | None = _path(
        "Folder of <name>.fits, grz cutouts; those that are not there are fetched."
    )
    drawings: DataFolder | None = _path(
        "Folder of models/<subject>.json.gz, images/<subject>.npz and "
        "gal-metadata.csv, of source galaxy_builder."
    )
    pictures: tuple[DataPlace, ...] = key(
        (),
        "Files or folders of JPEG, PNG or FITS, of source pictures; of FITS those that "
        "have world coordinates are put north up.",
        "path",
    )
    sheet: DataFile | None = _path(
        "CSV table of pictures: file, and any of ra, dec [deg], pixscale [arcsec/px], "
        "redshift; of FITS that have world coordinates, 424 of pixscale is the field."
    )
    answers: tuple[DataFile, ...] = key(
        (),
        "CSV tables of pictures' votes: file, and a column an answer, or question and "
        "answer, one vote a row.",
        "path",
    )
    bars: tuple[DataFile, ...] = key(
        (),
        "Tables of bars that others have measured: file, or ra and dec [deg], and any "
        "of length [arcsec], length_kpc and pa [deg].",
        "path",
    )


class Match(Section):
    """The crossmatch on the sky."""

    radius: float = key(3.0, "Largest separation.", "arcsec", gt=0, le=60)


class Cuts(Section):
    """Which galaxies are learned from; shares are those of their votes."""

    featured: Share = key(0.0, "Least share of featured-or-disk.")
    face_on: Share = key(0.0, "Least share of not edge-on.")
    spiral: Share = key(0.0, "Least share of has-spiral-arms.")
    votes: int = key(0, "Least number of votes of the first question.", ge=0)
    classifications: int = key(
        0, "Least number of volunteers that were asked to draw.", ge=0
    )


OF = 15  # volunteers that thresholds are stated for
Threshold = Annotated[float, Field(gt=0, le=OF)]


class Evaluate(Section):
    """Judgement of the maps and votes."""

    thresholds: Annotated[Increasing[Threshold], Field(min_length=1)] = key(
        (1.0, 3.0, 5.0, 8.0),
        "Numbers of volunteers, of 15 and up to 15, at which maps are cut.",
    )
    draws: Count = key(1000, "Of the bootstrap.")


class Predict(Section):
    """Maps, votes and measures of all galaxies of the run, by its model."""

    pixscale: float | None = key(
        None, "Of pictures that do not tell it.", "arcsec/px", gt=0, le=100
    )
    spaxel: float | None = key(
        None, "Maps on spaxels of this size too; null for none.", "arcsec", gt=0, le=10
    )
    batch: Count = key(32, "Pictures looked at together.")
    device: Device = key("cpu", "Where the network runs: cpu, cuda or cuda:1.")


class Retrieve(Section):
    """How public archives are asked; nothing is fetched unless asked for."""

    gz3d: str = key(
        "https://data.sdss.org/sas/dr17/env/MANGA_MORPHOLOGY/galaxyzoo3d/v4_0_0",
        "Address of the folder of GZ3D's files.",
        pattern="^https?://",
    )
    cutouts: str = key(
        "https://www.legacysurvey.org/viewer",
        "Address of the Legacy Surveys' cutout service.",
        pattern="^https?://",
    )
    layer: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] = key(
        "ls-dr8", "Its data release."
    )


class Config(Section):
    """Arms and bars: drawings and votes of volunteers, learned together."""

    sources: tuple[Source, ...] = key(
        (), "Where galaxies come from, one or more; none: the area does nothing."
    )
    model: PathName | None = key(
        None,
        "A trained model of the repository, or relative to $SKYLOOM_DATA; null: one is "
        "trained.",
    )
    chunks: int = key(20, "Jobs that galaxies are dealt to.", ge=1, le=10000)
    threads: Threads = key(2, "Cores of such a job.")
    paths: Paths = part(Paths)
    match: Match = part(Match)
    cuts: Cuts = part(Cuts)
    simulate: Simulate = part(Simulate)
    images: Images = part(Images)
    marks: Marks = part(Marks)
    split: Split = part(Split)
    network: Network = part(Network)
    train: Train = part(Train)
    inpainting: Inpainting = part(Inpainting)
    compare: Compare = part(Compare)
    baselines: tuple[Baseline, ...] = key(
        ("mean_mask", "disk_ellipse"),
        "What the network is compared with.",
        min_length=1,
    )
    evaluate: Evaluate = part(Evaluate)
    predict: Predict = part(Predict)
    retrieve: Retrieve = part(Retrieve)

    @model_validator(mode="after")
    def _given(self) -> Self:
        """Refuse sources without their files, and weights that do not fit."""
        needed = {
            "gz3d": ("catalogue",),
            "galaxy_builder": ("drawings",),
            "pictures": ("pictures",),
        }
        for source in self.sources:
            absent = [k for k in needed.get(source, ()) if not getattr(self.paths, k)]
            if absent:
                msg = f"source {source} needs paths.{absent[0]}; set it"
                raise ValueError(msg)
        if "gz3d" in self.sources and not (self.paths.gz3d or self.paths.gz3d_sums):
            msg = "source gz3d needs paths.gz3d, or paths.gz3d_sums to fetch; set one"
            raise ValueError(msg)
        if {"simulated", "gz3d"} <= set(self.sources):
            msg = "sources simulated and gz3d are two surveys: run them apart"
            raise ValueError(msg)
        if set(self.sources) == {"pictures"} and self.model is None:
            msg = (
                "pictures have no drawings to learn from: name a model, or another "
                "source beside them"
            )
            raise ValueError(msg)
        low, high = self.train.augment.zoom
        if self.model is None and not low <= self.images.crop <= high:
            msg = (
                f"images.crop {self.images.crop} is not within train.augment.zoom "
                f"{low} to {high}: galaxies would be judged at sizes never trained on"
            )
            raise ValueError(msg)
        if self.train.start == "imagenet" and self.network.encoder != "lite0":
            msg = "train.start imagenet needs network.encoder lite0"
            raise ValueError(msg)
        return self
