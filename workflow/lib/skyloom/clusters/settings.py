"""The sections of the configuration as the library's own settings.

The schema of the area has the same names, defaults and limits; a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skyloom.clusters.baselines.density import DensityMap
from skyloom.clusters.baselines.membership import Filter
from skyloom.clusters.baselines.photometry import SurveyDepth
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.field import FieldSettings
from skyloom.clusters.catalogue.halos import HaloSettings
from skyloom.clusters.catalogue.model_list import ListSettings
from skyloom.clusters.catalogue.sample import SampleSettings
from skyloom.clusters.encoder.settings import EncoderSettings, TrainSettings
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.images.noise import NoiseSettings
from skyloom.clusters.images.psf import PsfSettings
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.run.sections import of


def listed(section: Mapping) -> ListSettings:
    """Return what a simulated list of clusters holds."""
    return of(ListSettings, section)


def sample(section: Mapping) -> SampleSettings:
    """Return what fields, or tiles, are drawn: a section of ``simulate``."""
    inner = {
        "halos": of(HaloSettings, section["halos"]),
        "field": of(FieldSettings, section["field"]),
    }
    return of(SampleSettings, {**section, **inner})


def place(section: Mapping) -> SampleSettings:
    """Return where fields lie, whatever is drawn in them."""
    return of(SampleSettings, section)


def psf(section: Mapping) -> PsfSettings:
    """Return what point spread functions are drawn."""
    return of(PsfSettings, section)


def noise(section: Mapping) -> NoiseSettings:
    """Return the noise of images."""
    return of(NoiseSettings, section)


def network(
    section: Mapping, data: Mapping, red_sequence: RedSequence | None = None
) -> EncoderSettings:
    """Return the shape of an encoder for the tiles of the section ``data``.

    With redshifts in ``ridge``, the red sequence gives their colours.
    """
    z = np.array(section["ridge"])
    colours = red_sequence.colours(z).tolist() if len(z) else []
    shared = {
        "tile": data["tile_size"],
        "pool": data["pool"],
        "ridge": colours,
    }
    return of(EncoderSettings, {**section, **shared})


def training(section: Mapping) -> TrainSettings:
    """Return how an encoder is trained."""
    return of(TrainSettings, section)


def windows(section: Mapping, data: Mapping) -> WindowSettings:
    """Return how a survey's tiles are cut: the section ``survey``."""
    shared = {"tile": data["tile_size"], "pool": data["pool"]}
    return of(WindowSettings, {**section, **shared})


def whole_fields(config: Mapping) -> WindowSettings:
    """Return windows as large as the training fields, and not moved."""
    side = config["simulate"]["fields"]["image_size"]
    return windows({"window": side, "step": side, "shifts": 1}, config["data"])


def rule(section: Mapping, score: str = "PROBABILITY") -> Rule:
    """Return what makes a detection true: the section ``evaluate``."""
    return of(Rule, {**section, "score": score})


def matched_filter(section: Mapping) -> Filter:
    """Return how the matched filter looks for clusters."""
    return of(Filter, section)


def density(section: Mapping) -> DensityMap:
    """Return how the density map is made."""
    return of(DensityMap, section)


def depth(noise: Mapping, psf: Mapping) -> SurveyDepth:
    """Return how well a survey with such images measures."""
    return SurveyDepth(depth=tuple(noise["depth10"]), seeing=tuple(psf["fwhm"]))
