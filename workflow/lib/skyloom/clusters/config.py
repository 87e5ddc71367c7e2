"""The keys of the area."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from skyloom.clusters.config_encoder import Data, Network, Train
from skyloom.clusters.config_simulation import LISTED, Images, Simulate
from skyloom.run.config import Section, key, part
from skyloom.run.config_types import (
    Count,
    DataFile,
    DataFolder,
    DataPlace,
    Device,
    Natural,
    PathName,
    Positive,
    Rising,
    Threads,
)

Redshift = Annotated[float, Field(ge=0, le=3)]
Column = Literal["ID", "RA", "DEC", "Z_LAMBDA", "Z_LAMBDA_ERR", "LAMBDA", "LAMBDA_ERR"]
Columns = dict[Column, str]


class Paths(Section):
    """Given files, relative to $SKYLOOM_DATA (data/ when it is not set)."""

    list: DataFile | None = key(
        None,
        "List of clusters, as redMaPPer's, that richness and redshift are drawn from, "
        "FITS or CSV; null for one drawn from a model.",
    )
    survey: DataFolder | None = key(
        None,
        "Folder of <tile>_r####p##_<band>_nobkg.fits.fz, at any depth, for source "
        "files.",
    )
    survey_sheet: DataFile | None = key(
        None,
        "CSV table of tiles in its place: columns tile, g, r, i, z, the last four "
        "paths of images.",
    )
    survey_truth: DataFile | None = key(
        None, "List of the survey's known clusters, to judge by, FITS or CSV."
    )


class Survey(Section):
    """How the encoder looks at tiles of a survey."""

    window: Count = key(2560, "Side of the windows that a tile is cut into.", "px")
    step: Count = key(2480, "From one window to the next.", "px")
    shifts: Literal[1, 2, 4, 8] = key(
        1,
        "Windows, moved by parts of a tile, that take the place of each along either "
        "axis: smoother maps for the square of the time.",
    )
    batch: Count = key(4, "Windows looked at together.")
    device: Device = key("cpu", "Where the encoder runs: cpu, cuda or cuda:1.")


class Evaluate(Section):
    """Judgement of catalogues by the truth, and of two lists by each other."""

    radius: float = key(
        1.0, "Largest distance of a detection from its cluster.", "Mpc", gt=0, le=100
    )
    dz: float = key(0.05, "Largest difference of redshift over 1 + z.", gt=0, le=10)
    purity: float = key(0.9, "Purity at which finders are compared.", gt=0, lt=1)
    richness: Rising[Natural] = key((30.0, 1000.0), "Clusters looked for, by richness.")
    redshifts: Rising[Redshift] = key((0.2, 0.7), "And by redshift.")
    draws: Count = key(1000, "Of the bootstrap.")
    abundance: Positive | None = key(
        None,
        "How many clusters of these richnesses and redshifts the sky has, for the "
        "purity of a catalogue there: simulated tiles hold more; null where it is not "
        "known.",
        "1/deg²",
    )


class Match(Section):
    """Two lists of clusters, of any origin, to match within `evaluate`'s limits."""

    a: DataFile | None = key(
        None, "First list, whose redshifts make megaparsecs, FITS or CSV."
    )
    b: DataFile | None = key(None, "Second list.")
    columns_a: Columns = key({}, "Its columns by our names, where they are not known.")
    columns_b: Columns = key({}, "The same of the second list.")
    redshifts: Rising[Redshift] | None = key(
        None,
        "Range that rates are counted in; partners may lie beyond. null: what the "
        "lists' own ranges share.",
    )
    footprint: DataFile | None = key(
        None,
        "Where both lists have looked: a MOC, or a list of HEALPix pixels, FITS; "
        "rates are counted in it. null: cells in which both have clusters.",
    )

    @model_validator(mode="after")
    def _both(self) -> Self:
        """Refuse one list."""
        if (self.a is None) != (self.b is None):
            msg = "one list cannot be matched; set both clusters.match.a and .b"
            raise ValueError(msg)
        return self


class Retrieve(Section):
    """How public archives are asked; nothing is fetched unless asked for."""

    tiles: str = key(
        "https://desdr-server.ncsa.illinois.edu/despublic/dr2_tiles",
        "Address of the folder of the tiles of DES DR2.",
        pattern="^https?://",
    )
    sha256: DataFile | None = key(
        None,
        "List of checksums, as sha256sum, sha1sum or md5sum writes it, relative to "
        "$SKYLOOM_DATA; a file that it does not name is refused.",
    )


class RealField(Section):
    """A real galaxy catalogue, painted as survey images and looked at."""

    galaxies: DataPlace | None = key(
        None,
        "Table, or folder of tables, of galaxies with ugriz magnitudes as redMaPPer "
        "reads them, relative to $SKYLOOM_DATA; null for no such field.",
    )
    limit: float = key(
        21.0,
        "i magnitude down to which the galaxies are known; a modelled population, "
        "without clusters, is painted below.",
        "AB mag",
        ge=15,
        le=28,
    )


class Config(Section):
    """Galaxy clusters: from simulated fields to an encoder of images, and from a survey's tiles to a catalogue of clusters."""  # noqa: E501

    source: Literal["simulated", "files"] = key(
        "simulated",
        "Where the survey's tiles come from: a simulation, or the files of `paths`.",
    )
    chunks: int = key(16, "Jobs that fields, and tiles, are cut into.", ge=1, le=10000)
    threads: Threads = key(
        1,
        "Cores that a job of simulation, rendering or inference asks for; training has "
        "its own key. Inference sums with as many threads: the last digits of its maps "
        "depend on them.",
    )
    encoder: PathName | None = key(
        None,
        "Encoder that looks at the survey and at the real field: a checkpoint of the "
        "repository or relative to $SKYLOOM_DATA, with its calibration.json beside it; "
        "null for the run's own.",
    )
    paths: Paths = part(Paths)
    simulate: Simulate = part(Simulate)
    images: Images = part(Images)
    data: Data = part(Data)
    network: Network = part(Network)
    train: Train = part(Train)
    survey: Survey = part(Survey)
    evaluate: Evaluate = part(Evaluate)
    match: Match = part(Match)
    retrieve: Retrieve = part(Retrieve)
    real_field: RealField = part(RealField)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse keys of different sections that contradict each other."""
        problems = [
            *self._multiples(),
            *self._unlisted(),
            *self._stages(),
            *self._windows(),
            *self._unread(),
        ]
        if problems:
            raise ValueError("\n  ".join(problems))
        return self

    def _multiples(self) -> Iterator[str]:
        """Say what is no whole number of tiles, or of pooled pixels."""
        tile, pool = self.data.tile_size, self.data.pool
        size = self.simulate.fields.image_size if self.simulate.fields.number else 0
        for name, value, unit, side in (
            ("simulate.fields.image_size", size, "tile_size", tile),
            ("survey.window", self.survey.window, "tile_size", tile),
            ("survey.step", self.survey.step, "pool", pool),
        ):
            if value % side:
                yield (
                    f"clusters.{name} is {value} px, no multiple of clusters.data."
                    f"{unit}, {side} px; change one of them"
                )

    def _unlisted(self) -> Iterator[str]:
        """Say which clusters no modelled list has."""
        kinds = ("fields", "survey") if self.paths.list is None else ()
        for kind, (name, (low, high)) in product(kinds, LISTED.items()):
            asked = getattr(getattr(self.simulate, kind).halos, name)
            if asked[0] > high or asked[1] < low:
                yield (
                    f"clusters.simulate.{kind}.halos.{name} is {list(asked)}, but the "
                    f"modelled list that they are drawn from has {[low, high]}; let "
                    "them overlap, or give a list as clusters.paths.list"
                )

    def _stages(self) -> Iterator[str]:
        """Say where a tile has fewer pooled pixels than the network needs."""
        tile, pool = self.data.tile_size, self.data.pool
        if tile < 2 * pool:
            yield (
                f"clusters.data.tile_size is {tile} px and clusters.data.pool {pool} "
                "px: a tile has fewer than two pooled pixels to a side; lower the pool"
            )
            return
        stages = (tile // pool).bit_length() - 1
        for name in ("widths", "blocks"):
            named = len(getattr(self.network, name))
            if named > stages:
                yield (
                    f"clusters.network.{name} names {named} stages, but from "
                    f"{tile // pool} pooled pixels to a tile there are {stages} "
                    "halvings; leave some out, or change clusters.data.pool"
                )

    def _windows(self) -> Iterator[str]:
        """Say why windows cannot be laid over tiles."""
        tile, pool, look = self.data.tile_size, self.data.pool, self.survey
        if look.step > look.window:
            yield (
                f"clusters.survey.step is {look.step} px, more than "
                f"clusters.survey.window, {look.window} px: pixels between windows "
                "would never be looked at; lower it"
            )
        if look.shifts > 1 and tile % (2 * look.shifts * pool):
            yield (
                f"clusters.survey.shifts is {look.shifts}: windows would move by parts "
                f"of {pool} pooled px; take one for which {tile} px divides by 2 x "
                "shifts x pool, or 1"
            )

    def _unread(self) -> Iterator[str]:
        """Say which files are given and would not be read."""
        if self.encoder is not None and self.train.start is not None:
            yield (
                f"clusters.train.start is {self.train.start!r}, but with "
                f"clusters.encoder {self.encoder!r} nothing is trained; set one "
                "of them to null in a layer"
            )
        names = ("survey", "survey_sheet", "survey_truth")
        given = {n: p for n in names if (p := getattr(self.paths, n)) is not None}
        if self.source == "simulated":
            for name, path in given.items():
                yield (
                    f"clusters.paths.{name} is {path!r}, but clusters.source is "
                    "simulated, which reads no such file; set clusters.source to "
                    "files, or the path to null in a layer"
                )
        elif {"survey", "survey_sheet"} <= given.keys():
            yield (
                f"clusters.paths.survey is {given['survey']!r} and "
                f"clusters.paths.survey_sheet {given['survey_sheet']!r}: tiles come "
                "from one of them; set the other to null in a layer"
            )
