"""The configuration of builder: its keys are the settings of the library."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from skyloom.builder.config_simulation import Simulate
from skyloom.run.config import Section, key, part
from skyloom.run.config_types import DataFile, pattern_of

# Keys of `Paths` that each source must have, and those that are patterns.
NEEDED = {
    "zooniverse": ("classifications",),
    "upstream": ("models", "images", "gal_metadata"),
}
PATTERNS = ("subject_data", "fitting_data", "images", "models")

Angle = Annotated[float, Field(gt=0, lt=90)]
Id = Annotated[int, Field(ge=1, lt=2**53)]
File = DataFile | None
Pattern = Annotated[str, pattern_of("subject")] | None


class Sample(Section):
    """The subjects of the run; not read when they are simulated."""

    subject_ids: tuple[Id, ...] = key((), "Zooniverse ids; or else give a sheet.")
    sheet: File = key(None, "CSV file with one row a subject.", "path")
    column: str = key("subject_id", "Column of the sheet that holds the ids.")

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.sheet and self.subject_ids:
            msg = "both a sheet and a list of subject_ids are given; keep one of them"
            raise ValueError(msg)
        if len(set(self.subject_ids)) < len(self.subject_ids):
            msg = "subject_ids names a subject twice; name each once"
            raise ValueError(msg)
        return self


class Paths(Section):
    """Raw files, under $SKYLOOM_DATA; {subject} stands for the subject's id."""

    classifications: File = key(None, "Zooniverse classification export, CSV.", "path")
    subjects: File = key(None, "Zooniverse subject export, CSV.", "path")
    subject_data: Pattern = key(
        None,
        "Pattern of the files that volunteers were shown, JSON with imageData, mask, "
        "psf and multiplier.",
        "path",
    )
    fitting_data: Pattern = key(
        None,
        "Pattern of files with a sigma image, JSON with galaxy_data, sigma_image, "
        "pixel_mask, psf and multiplier; preferred where one exists.",
        "path",
    )
    images: Pattern = key(None, "Pattern of upstream images, npz.", "path")
    models: Pattern = key(
        None, "Pattern of decoded upstream models, JSON, maybe gzipped.", "path"
    )
    gal_metadata: File = key(
        None, "NASA-Sloan Atlas values and frame of each subject, CSV.", "path"
    )
    repeats: File = key(
        None,
        'Pairs of subjects that show one galaxy, CSV with the columns "0" and "1".',
        "path",
    )
    catalogue: File = key(None, "Published catalogue to compare with, CSV.", "path")
    votes: File = key(
        None,
        "Galaxy Zoo vote fractions to test pitch angles against, CSV with subject_id, "
        "and p_bar or p_noticeable, p_obvious and p_dominant.",
        "path",
    )


class Noise(Section):
    """Noise of the images: sigma where none is given, and what a PSF has of it."""

    gain: float = key(
        4.7,
        "Photo-electrons a count, mean of the SDSS r chips.",
        "e-/DN",
        gt=0,
        le=1_000_000,
    )
    calibration: float = key(
        0.005,
        "Flux of a count of a typical SDSS r frame.",
        "nanomaggies/DN",
        gt=0,
        le=1_000_000,
    )
    psf_negative: float = key(
        0.1,
        "How far pixels of a PSF may lie below zero, as a part of its peak. Those "
        "that SDSS reconstructs from eigenimages ring and are noisy: 4 % is real.",
        ge=0,
        le=1,
    )


class Volunteers(Section):
    """Which classifications of an export count."""

    limit: int | None = key(
        30,
        "The first so many usable ones of a subject, one a named user; null is all.",
        ge=1,
    )
    workflow_id: Id | None = key(None, "Those of this workflow; null is all.")


class Agreement(Section):
    """When drawings of a component agree: DBSCAN with Jaccard distances."""

    eps: float = key(0.3, "Largest Jaccard distance of neighbours.", gt=0, le=1)
    min_samples: int = key(
        4, "Neighbours, itself among them, of a core drawing.", ge=1, le=1000
    )


class Bulges(Agreement):
    """When drawings of a bulge agree."""

    eps: float = key(0.4, "Largest Jaccard distance of neighbours.", gt=0, le=1)


class Bars(Agreement):
    """When drawings of a bar agree."""

    eps: float = key(0.47839828, "Largest Jaccard distance of neighbours.", gt=0, le=1)


class ArmSettings(Section):
    """How arms are found; the defaults are the published ones."""

    eps: float = key(
        0.001, "Largest distance of neighbouring lines.", "image widths²", gt=0, le=1
    )
    min_samples: int = key(
        4,
        "Lines, itself among them, that make a core line; of the crowd, volunteers.",
        ge=1,
        le=1000,
    )
    method: Literal["crowd", "published"] = key(
        "published",
        "How lines become arms and their priors: as published, or by volunteers who "
        "count once each, with robust fits, measured errors and candidates.",
    )


class AggregateSettings(Section):
    """How drawings become one model of a galaxy; the defaults are the published."""

    disk: Agreement = part(Agreement)
    bulge: Bulges = part(Bulges)
    bar: Bars = part(Bars)
    spiral: ArmSettings = part(ArmSettings)
    min_volunteers: int = key(4, "With fewer, a subject fails.", ge=1)


class TuneSettings(Section):
    """The fit of each model to its image."""

    max_evaluations: int = key(
        60,
        "Evaluations after which a fit is recorded as not converged.",
        ge=1,
        le=100000,
    )


class PitchSettings(Section):
    """Hierarchical model of the arms' pitch angles: how it is sampled."""

    chains: int = key(4, "Chains of the sampler.", ge=2, le=64)
    warmup: int = key(
        400,
        "Draws of each chain that tune the sampler and are discarded.",
        ge=10,
        le=1000000,
    )
    samples: int = key(1000, "Draws of each chain that are kept.", ge=4, le=1000000)
    rhat_max: float = key(
        1.01, "Largest split R-hat that counts as converged.", gt=1, le=1.1
    )
    ess_min: float = key(400.0, "Fewest effective draws that count as converged.", ge=1)


class Morphology(Section):
    """Tests of pitch angles against bulge and bar strength."""

    n_draws: int = key(500, "Posterior draws that are tested.", ge=10, le=100000)
    n_resamples: int = key(
        2000, "Permutations and bootstrap samples.", ge=10, le=1000000
    )


class Winding(Section):
    """Test of a cotangent of the pitch angle that is uniform."""

    lower: Angle = key(15.0, "Lower limit of the pitch angles that are tested.", "deg")
    upper: Angle = key(50.0, "Upper limit of the pitch angles that are tested.", "deg")

    @model_validator(mode="after")
    def _lower_first(self) -> Self:
        if not self.lower < self.upper:
            msg = f"got {self.lower} to {self.upper}, expected lower < upper"
            raise ValueError(msg)
        return self


class Config(Section):
    """Galaxy Builder: volunteers' drawings to models, a catalogue and pitch angles."""

    source: Literal["simulated", "zooniverse", "upstream"] = key(
        "simulated",
        "Where drawings and images come from: a simulated survey, the exports of a "
        "Zooniverse project, or the decoded files of the published analysis.",
    )
    chunks: int = key(
        46,
        "Jobs that each step is cut into. A subject's chunk follows from its id, so "
        "adding one reruns one chunk; changing this number moves most subjects.",
        ge=1,
        le=1000,
    )
    threads: int = key(
        1,
        "Cores that each chunk's job asks for. On few cores 1 is best: as many jobs as "
        "cores run side by side.",
        ge=1,
        le=1024,
    )
    sample: Sample = part(Sample)
    paths: Paths = part(Paths)
    simulate: Simulate = part(Simulate)
    noise: Noise = part(Noise)
    volunteers: Volunteers = part(Volunteers)
    aggregate: AggregateSettings = part(AggregateSettings)
    tune: TuneSettings = part(TuneSettings)
    pitch: PitchSettings = part(PitchSettings)
    morphology: Morphology = part(Morphology)
    winding: Winding = part(Winding)

    @model_validator(mode="after")
    def _named_files(self) -> Self:
        """Refuse a source without what it needs, or one file for all subjects."""
        if self.source != "simulated":
            absent = [k for k in NEEDED[self.source] if not getattr(self.paths, k)]
            absent = [f"builder.paths.{k}" for k in absent]
            if not self.sample.subject_ids and not self.sample.sheet:
                absent.append("builder.sample.sheet (or subject_ids)")
            if absent:
                msg = f"source {self.source} needs {', '.join(absent)}"
                raise ValueError(msg)
        patterns = {k: getattr(self.paths, k) for k in PATTERNS}
        fixed = [k for k, one in patterns.items() if one and "{subject}" not in one]
        # A single subject may have its files under any name.
        if fixed and len(self.sample.subject_ids) != 1:
            msg = (
                f"{{subject}} is missing from paths.{', paths.'.join(fixed)}: one file "
                "cannot be that of every subject; put {subject} where the id stands, "
                "with the path in double quotes"
            )
            raise ValueError(msg)
        return self
