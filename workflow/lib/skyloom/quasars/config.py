"""The keys of the quasars' part of the configuration."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from skyloom.quasars.config_simulation import Simulate
from skyloom.quasars.config_training import Ensemble, Network, Train
from skyloom.run.config import Section, key, part
from skyloom.run.config_types import (
    DataFile,
    DataFolder,
    DataPlace,
    Device,
    PathName,
    Share,
    Threads,
    Unlike,
    pattern_of,
)


def _refuse(wrong: bool, why: str) -> None:
    if wrong:
        raise ValueError(why)


def _path(sentence: str) -> Any:
    return key(None, sentence, "path")


OfRound = Annotated[str, Field(pattern=r"\{round\}"), pattern_of("round")]
Noises = Unlike[Annotated[int, Field(ge=1, le=100)]]
TargetClass = Literal["LRG", "ELG", "QSO", "BGS_ANY", "MWS_ANY", "SCND_ANY", "OTHERS"]


class Paths(Section):
    """Raw files of source `files`, relative to $SKYLOOM_DATA (data/ if not set)."""

    survey: DataFolder | None = _path("Folder of coadds, <tile>/<expid>/*.fits.")
    survey_truth: DataFile | None = _path(
        "Truth of some of its targets, to judge rounds by, CSV or FITS."
    )
    training: DataPlace | None = _path(
        "Folder or file of labelled spectra, of any kind that is read."
    )
    training_truth: DataFile | None = _path(
        "Their truth, visual inspection as CSV or FITS."
    )
    supplement: DataPlace | None = _path("More labelled spectra, such as eBOSS's.")
    supplement_truth: DataFile | None = _path(
        "The truth of the supplement, CSV or FITS."
    )
    answers: OfRound | None = _path(
        "Pattern of the folder with the inspectors' CSV files about a round's query; "
        "{round} stands for its number."
    )
    decisions: OfRound | None = _path(
        "Pattern of the CSV file that settles a round's conflicts, if it is there."
    )

    @model_validator(mode="after")
    def _supplement_has_truth(self) -> Self:
        lacking = self.supplement is not None and self.supplement_truth is None
        _refuse(lacking, "a supplement without a truth; set `supplement_truth`")
        return self


class Som(Section):
    """The self-organising map of the survey's spectra."""

    rows: int = key(45, "Rows of the map.", ge=1, le=1000)
    columns: int = key(45, "Columns of the map; opposite edges touch.", ge=1, le=1000)
    epochs: int = key(20, "Passes over all spectra.", ge=1)
    share: float = key(
        1.0,
        "Share of the exposures that the map is trained on, each by lot; below 1, a "
        "new exposure seldom makes a new map.",
        "fraction",
        gt=0,
        le=1,
    )


class Calibrate(Section):
    """The threshold, found on targets that members have not seen."""

    purity: float = key(
        0.99, "Wanted share of quasars among those called.", "fraction", gt=0, lt=1
    )
    most: int = key(20000, "Targets looked at, at most.", ge=1)


class Survey(Section):
    """How spectra are classified."""

    runner: Literal["numpy", "torch", "keras"] = key(
        "torch", "What runs the networks; all three agree to 1e-5."
    )
    device: Device = key("cpu", "Where the torch runner runs.")
    c_th: Share = key(
        0.95, "Confidence above which a member counts a line.", "probability"
    )
    n_detect: int = key(
        1, "Lines that must count for a member to say quasar.", ge=1, le=6
    )
    shifts: int = key(
        12,
        "Shifted copies of a likely quasar that propose redshifts; 1 for the spectrum "
        "as it is.",
        ge=1,
        le=1000,
    )

    @model_validator(mode="after")
    def _device_of_torch(self) -> Self:
        _refuse(
            self.runner != "torch" and self.device != "cpu",
            "only the torch runner takes a device; set runner to torch, or device to "
            "cpu",
        )
        return self


class Query(Section):
    """The targets that inspectors are asked about."""

    strategy: Literal[
        "entropy", "margin", "bald", "som_quota", "k_centre", "random"
    ] = key("entropy", "How they are chosen; `entropy` is the published one.")
    n: int = key(1000, "Targets asked about.", ge=1)
    audit: Share = key(
        0.0,
        "Part of them that is drawn by lot from all candidates, to estimate purity and "
        "completeness without bias.",
        "fraction",
    )
    reserve: float = key(
        0.0,
        "Share of all targets that is never asked about, so that rounds can be judged "
        "on it.",
        "fraction",
        ge=0,
        le=0.9,
    )


class Evaluate(Section):
    """Given spectra, classified and, with a truth, judged."""

    spectra: DataPlace | None = _path(
        "Folder or file of spectra, SDSS spec and spPlate or DESI coadds, relative "
        "to $SKYLOOM_DATA."
    )
    truth: DataFile | None = _path("The truth of their targets, CSV or FITS.")
    ensemble: PathName | None = key(
        "resources/models/quasars",
        "Folder of the networks that classify them; null for the last round's.",
        "path",
    )
    noise: Noises = key(
        (1,), "Factors on the spectra's noise, each judged by itself.", min_length=1
    )

    @model_validator(mode="after")
    def _truth_of_spectra(self) -> Self:
        why = "a truth without spectra; set `spectra` to the folder of its spectra"
        _refuse(self.spectra is None and self.truth is not None, why)
        return self


class Config(Section):
    """Ensembles of QuasarNET and active learning, from labelled spectra to a survey."""

    source: Literal["simulated", "files"] = key(
        "simulated",
        "Where the survey, its labels and the inspectors' answers come from: a "
        "simulation, or the files of `paths`.",
    )
    rounds: int = key(
        2,
        "Rounds of training, survey run and query. Every round after the first needs "
        "answers about the query before it. 0: nothing is trained; only `evaluate`.",
        ge=0,
        le=100,
    )
    chunks: int = key(
        2, "Jobs that training, ingestion and survey run are cut into.", ge=1, le=10000
    )
    threads: Threads = key(1, "Cores that a job of the survey run asks for.")
    template: DataFile | None = _path(
        "redrock's QSO template of all redshifts, rrtemplate-QSO-None-v0.1.fits[.gz], "
        "which refines the redshifts; null for the networks' alone."
    )
    thresholds: dict[TargetClass, Share] = key(
        {},
        "Thresholds of the score by the class that DESI chose a target for, the lowest "
        "of several; OTHERS is for targets of none of those named. Without it, the "
        "calibrated threshold.",
        "probability",
    )
    paths: Paths = part(Paths)
    simulate: Simulate = part(Simulate)
    network: Network = part(Network)
    ensemble: Ensemble = part(Ensemble)
    train: Train = part(Train)
    som: Som = part(Som)
    calibrate: Calibrate = part(Calibrate)
    survey: Survey = part(Survey)
    query: Query = part(Query)
    evaluate: Evaluate = part(Evaluate)

    @model_validator(mode="after")
    def _trainable(self) -> Self:
        needed = ("survey", "training", "training_truth")
        absent = [n for n in needed if getattr(self.paths, n) is None]
        named = ", ".join(f"quasars.paths.{name}" for name in absent)
        _refuse(
            self.source == "files" and self.rounds > 0 and bool(absent),
            f"source files needs {named}; set it, or rounds to 0",
        )
        alone = self.rounds > 0 and self.ensemble.members == 1
        _refuse(
            alone and self.query.strategy != "random",
            "one member does not disagree with itself: the query needs two or more, or "
            "the strategy random",
        )
        return self
