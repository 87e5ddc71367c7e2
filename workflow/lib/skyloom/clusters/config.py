"""The keys of the area."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from skyloom.run.config import (
    DataFile,
    DataFolder,
    DataPlace,
    Interval,
    Section,
    Share,
    key,
    part,
)

Count = Annotated[int, Field(ge=1)]
Threads = Annotated[int, Field(ge=1, le=1024)]
Side = Annotated[int, Field(ge=1, le=20000)]
Positive = Annotated[float, Field(gt=0)]
Natural = Annotated[float, Field(ge=0)]
Part = Annotated[float, Field(gt=0, le=0.4)]
Bands = tuple[float, float, float, float]
Redshift = Annotated[float, Field(ge=0, le=1.5)]
Device = Annotated[str, Field(pattern=r"^(cpu|cuda(:[0-9]+)?)$")]
LISTED = {"richness": (20.0, 200.0), "redshifts": (0.1, 0.9)}  # of a modelled list
Columns = dict[Annotated[str, Field(min_length=1)], Annotated[str, Field(min_length=1)]]


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


class Halos(Section):
    """Clusters and groups of a simulated field."""

    per_field: float = key(4.5, "Their mean number in a field.", ge=0)
    richness: Interval = key(
        (5.0, 200.0),
        "Least and largest richness; below the list's own least it is extrapolated.",
    )
    redshifts: Interval = key((0.1, 0.9), "Least and largest redshift.")
    tilt: float = key(
        1.0,
        "Richness is drawn from the list's times richness^tilt: 0 as in the sky, more "
        "for more rich clusters.",
        ge=-5,
        le=5,
    )
    even: Share = key(
        0.0,
        "Share of the clusters whose redshifts lie evenly between the limits, whatever "
        "the list has: near ones are rare in it.",
    )
    margin: Share = key(
        0.3, "Centres lie up to this share of the field's side outside of it."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse what no cluster can have."""
        if self.richness[0] < 1 or self.redshifts[0] < 0.03 or self.redshifts[1] > 1.5:
            msg = (
                f"richness {self.richness}, redshifts {self.redshifts}: expected a "
                "richness of at least 1 and redshifts from 0.03 to 1.5"
            )
            raise ValueError(msg)
        return self


class Fields(Section):
    """Fields that the encoder learns from."""

    number: int = key(10000, "How many; with 0 nothing is trained.", ge=0, le=1_000_000)
    image_size: Side = key(2560, "Side of an image.", "px")
    shallow: Share = key(
        0.0,
        "Share of the fields whose galaxies are those of a shallower survey: known "
        "down to a brighter magnitude, with that survey's errors; in every second of "
        "them the field goes on below, without clusters.",
    )
    halos: Halos = part(Halos)


class Tiles(Section):
    """Tiles of a simulated survey, to look for clusters in."""

    tiles: int = key(4, "How many; 0 for no survey.", ge=0, le=100_000)
    image_size: Side = key(10000, "Side of an image.", "px")
    halos: Halos = part(Halos)


class Simulate(Section):
    """What is simulated."""

    fields: Fields = part(Fields)
    survey: Tiles = part(Tiles)
    faintest: float = key(
        24.0, "i magnitude of the faintest sources.", "AB mag", ge=20, le=28
    )


class Images(Section):
    """How catalogues become images."""

    renderer: Literal["batched", "galsim"] = key(
        "batched",
        "Who draws: many sources at once, or GalSim one by one, the reference.",
    )
    keep: bool = key(
        True, "Whether images of training fields stay once they are file data."
    )
    psfex: str | None = key(
        None,
        "Pattern of PSFEx models relative to $SKYLOOM_DATA, {band} stands for the "
        "band, in place of drawn point spread functions.",
    )
    # Of DES DR2 (Abbott et al. 2021, ApJS 255, 20, table 1).
    fwhm: Bands = key(
        (1.11, 0.95, 0.88, 0.83),
        "Median FWHM of the point spread functions in g, r, i and z.",
        "arcsec",
    )
    depth10: Bands = key(
        (24.7, 24.4, 23.8, 23.1),
        'Magnitude measured at ten sigma in an aperture of 1.95" in g, r, i and z.',
        "AB mag",
    )
    depth_scatter: float = key(
        0.0, "Standard deviation of the depth over images.", "mag", ge=0, le=1
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse a width or depth that no survey has."""
        if min(self.fwhm) < 0.3 or max(self.fwhm) > 5:
            msg = f"fwhm {self.fwhm}: expected 0.3 to 5 arcsec"
            raise ValueError(msg)
        if min(self.depth10) < 15 or max(self.depth10) > 30:
            msg = f"depth10 {self.depth10}: expected magnitudes of 15 to 30"
            raise ValueError(msg)
        return self


class Data(Section):
    """The files of data that the encoder learns from, and its tiles."""

    tile_size: Literal[8, 16, 32, 64, 128, 256, 512] = key(
        64, "Side of a tile of the encoder's maps.", "px"
    )
    pool: Literal[1, 2, 4, 8] = key(
        4,
        "The encoder sees means over blocks of this side; 1 for full resolution.",
        "px",
    )
    n_per_file: int = key(10, "Fields in a file.", ge=1, le=10000)
    held_out: Part = key(
        0.1,
        "Share of the files that are held out of training: half of them choose the "
        "best epoch, half say what its probabilities are worth.",
    )
    test: Part = key(0.1, "Share of the files that the encoder is judged on.")

    @model_validator(mode="after")
    def _pooled(self) -> Self:
        """Refuse tiles of one pooled pixel."""
        if self.tile_size < 2 * self.pool:
            msg = (
                f"clusters.data.tile_size is {self.tile_size} px and "
                f"clusters.data.pool {self.pool} px: a tile has fewer than two pooled "
                "pixels to a side; lower the pool"
            )
            raise ValueError(msg)
        return self


class Network(Section):
    """The shape of the encoder."""

    widths: tuple[Count, ...] = key(
        (32, 64, 96, 128),
        "Channels of the stages, the input at half its size first; the last stands for "
        "all further halvings.",
        min_length=1,
    )
    blocks: tuple[Annotated[int, Field(ge=0)], ...] = key(
        (0, 0, 1), "Residual blocks of each stage; 0 where none is named."
    )
    dilations: tuple[Count, ...] = key(
        (1, 2, 4, 8),
        "Of the residual blocks on the tiles; their sum and one more for each is how "
        "far the encoder sees.",
        "tiles",
    )
    hidden: Count = key(128, "Channels before the outputs.")
    ridge: tuple[Redshift, ...] = key(
        (),
        "Redshifts at which the encoder is told how well pixels match the colours of "
        "the red sequence; none: it has to learn them.",
    )


class Weights(Section):
    """Weights of parts of the loss."""

    richness: Natural = key(0.2, "Richness of the cluster.")
    redshift: Natural = key(0.2, "Its redshift.")


class Train(Section):
    """The training of the encoder."""

    start: str | None = key(
        None,
        "Encoder of the same shape whose weights are the first: a checkpoint of the "
        "repository or relative to $SKYLOOM_DATA; null for random weights.",
    )
    epochs: Count = key(20, "Passes over the training files.")
    batch: Count = key(2, "Fields a step and device.")
    rate: Positive = key(0.002, "Largest learning rate of AdamW.")
    warmup: float = key(
        0.15, "Share of the steps over which the rate rises.", ge=0, lt=1
    )
    weights: Weights = part(Weights)
    precision: Literal["32-true", "bf16-mixed"] = key(
        "bf16-mixed", "Lightning's precision."
    )
    jitter: Natural = key(
        0.0, "Random error of each field's and band's zero point.", "mag"
    )
    workers: int = key(0, "Processes that read files, for each device.", ge=0, le=1024)
    accelerator: Literal["cpu", "gpu"] = key("cpu", "What the training runs on.")
    devices: Threads = key(
        1, "How many devices, each with a process and batches of its own."
    )
    threads: Threads = key(
        1,
        "Threads of the training for each device, however many cores there are: sums, "
        "and so the last digits, depend on them. Its job asks for threads or workers, "
        "whichever are more, times devices.",
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
    richness: Interval = key((30.0, 1000.0), "Clusters to be found, by richness.")
    redshifts: Interval = key((0.2, 0.7), "And by redshift.")
    draws: Count = key(1000, "Of the bootstrap.")
    abundance: Positive | None = key(
        None,
        "How many clusters of these richnesses and redshifts the sky has, for the "
        "purity of a catalogue there: simulated tiles hold more; null where it is not "
        "known.",
        "1/deg²",
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        (poor, rich), (near, far) = self.richness, self.redshifts
        if not 0 <= poor < rich or not 0 <= near < far <= 3:
            msg = (
                f"richness is {self.richness} and redshifts {self.redshifts}; expected "
                "two rising numbers each, from 0 on, redshifts up to 3"
            )
            raise ValueError(msg)
        return self


class Match(Section):
    """Two lists of clusters, of any origin, to match within `evaluate`'s limits."""

    a: DataFile | None = key(
        None, "First list, whose redshifts make megaparsecs, FITS or CSV."
    )
    b: DataFile | None = key(None, "Second list.")
    columns_a: Columns = key(
        {},
        "Its columns by our names RA, DEC, Z_LAMBDA, LAMBDA, where they are not known.",
    )
    columns_b: Columns = key({}, "The same of the second list.")

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
        "List of checksums, as sha256sum writes it, relative to $SKYLOOM_DATA; a file "
        "that it does not name is refused.",
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
    encoder: str | None = key(
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
        problems = [*self._fields(), *self._stages(), *self._windows(), *self._unread()]
        if problems:
            raise ValueError("\n  ".join(problems))
        return self

    def _fields(self) -> Iterator[str]:
        """Say which fields are not whole tiles, or have clusters of no list."""
        tile, fields = self.data.tile_size, self.simulate.fields
        if fields.number and fields.image_size % tile:
            yield (
                f"clusters.simulate.fields.image_size is {fields.image_size} px, no "
                f"multiple of clusters.data.tile_size, {tile} px; change one of them"
            )
        if self.paths.list is not None:
            return
        for kind in ("fields", "survey"):
            halos = getattr(self.simulate, kind).halos
            for name, (low, high) in LISTED.items():
                asked = getattr(halos, name)
                if asked[0] > high or asked[1] < low:
                    yield (
                        f"clusters.simulate.{kind}.halos.{name} is {list(asked)}, but "
                        f"the modelled list that they are drawn from has "
                        f"{[low, high]}; let them overlap, or give a list as "
                        "clusters.paths.list"
                    )

    def _stages(self) -> Iterator[str]:
        """Say where the network has more stages than halvings."""
        reduction = self.data.tile_size // self.data.pool
        stages = max(reduction.bit_length() - 1, 0)
        for name in ("widths", "blocks"):
            named = len(getattr(self.network, name))
            if named > stages:
                yield (
                    f"clusters.network.{name} names {named} stages, but from "
                    f"{reduction} pooled pixels to a tile there are {stages} halvings; "
                    "leave some out, or change clusters.data.pool"
                )

    def _windows(self) -> Iterator[str]:
        """Say why windows cannot be laid over tiles."""
        tile, pool, look = self.data.tile_size, self.data.pool, self.survey
        if look.window % tile:
            yield (
                f"clusters.survey.window is {look.window} px, no multiple of "
                f"clusters.data.tile_size, {tile} px; change one of them"
            )
        if look.step > look.window:
            yield (
                f"clusters.survey.step is {look.step} px, more than "
                f"clusters.survey.window, {look.window} px: pixels between windows "
                "would never be looked at; lower it"
            )
        if look.step % pool:
            yield (
                f"clusters.survey.step is {look.step} px, no multiple of "
                f"clusters.data.pool, {pool} px; change one of them"
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
