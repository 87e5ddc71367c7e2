"""Which subjects a run has, and which raw files hold each of them.

Three sources enter by the same door: ``simulated``, a simulated survey in the layout
of a project's exports; ``zooniverse``, a project's exports and subject files; and
``upstream``, the decoded files of the published analysis. A subject whose drawings or
image are not there is no error: its products record why.

While the rules are read, nothing but the sample sheet and the list of repeats is
opened. Input functions look for the files of the jobs that are planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from pydantic import Field

from skyloom.builder.tasks.files import located
from skyloom.io.record import checksum
from skyloom.run.chunks import assign
from skyloom.run.config import ConfigError, data_path
from skyloom.run.places import ROOT, SNAKEMAKE
from skyloom.run.sheets import read_sheet

RAW = "<results>/raw"
GALAXY = 100_000  # simulated galaxies are subjects 100001, 100002, ...
REPEAT = 200_000  # shown again to other volunteers they are 200001, 200002, ...
IMAGES = {"zooniverse": ("subject_data", "fitting_data"), "upstream": ("images",)}
FETCHED = ("image.png", "model.json", "difference.json")
Subject = Annotated[int, Field(ge=1, description="Subject id.")]


class Inputs:
    """The subjects of a run and their raw files.

    Parameters
    ----------
    config : mapping
        The area's validated configuration.

    Attributes
    ----------
    subjects : list of int
        Ids, sorted.
    repeats : list of [int, int]
        Pairs of subjects that show one galaxy, the second of the run; sorted.
    chunks : dict of str to list of int
        Subjects by chunk.

    Raises
    ------
    InputError
        For a sheet with a wrong id, or with one twice (file and row).
    """

    def __init__(self, config: Mapping):
        self.source, self.paths = config["source"], config["paths"]
        if self.source == "simulated":
            counts = config["simulate"]
            galaxies = [GALAXY + i + 1 for i in range(counts["n_subjects"])]
            again = range(1, counts["n_repeats"] + 1)
            self.repeats = [[GALAXY + i, REPEAT + i] for i in again]
            self.subjects = galaxies + [second for _, second in self.repeats]
        else:
            self.subjects = _sampled(config["sample"])
            self.repeats = _pairs(self.paths["repeats"], set(self.subjects))
        self.chunks = assign(self.subjects, config["chunks"])

    def repeats_of(self, chunk: str) -> list[list[int]]:
        """Return the pairs whose second subject is of a chunk."""
        mine = set(self.chunks[chunk])
        return [pair for pair in self.repeats if pair[1] in mine]

    def cutouts(self, chunk: str) -> Callable[..., dict]:
        """Return an input function: the files that a chunk's cutouts are made from.

        It raises a ConfigError where no subject of the run has an image. One or some
        are no error; none at all is a wrong path, or files not yet downloaded.
        """

        def files(wildcards) -> dict:
            ids = self.chunks[chunk]
            if self.source == "simulated":
                data = [f"{RAW}/subject_data/{i}.json" for i in ids]
                tables = [f"{RAW}/{chunk}/gal-metadata.csv"]
                return {"subject_data": data, "gal_metadata": tables}
            shown = [*ids, *(first for first, _ in self.repeats_of(chunk))]
            kinds = IMAGES[self.source]
            found = {kind: _existing(self.paths[kind], shown) for kind in kinds}
            if not any(found.values()):
                self._refuse_no_file(kinds)
            return found | {"gal_metadata": self._named("gal_metadata")}

        return files

    def drawings(self, chunk: str) -> Callable[..., dict]:
        """Return an input function: the files that hold the drawings of a chunk.

        Among them, for an export, the cutouts, which say how large an image
        volunteers saw and how it was turned; upstream's models come in pixels.
        """

        def files(wildcards) -> dict:
            ids = self.chunks[chunk]
            if self.source == "upstream":
                models = _existing(self.paths["models"], ids)
                if not models:
                    self._refuse_no_file(["models"])
                return {"models": models, "gal_metadata": self._named("gal_metadata")}
            exported = [f"{RAW}/{chunk}/classifications.csv"]
            if self.source == "zooniverse":
                exported = self._named("classifications")
            cutouts = [f"<results>/fitting_metadata/{i}.npz" for i in ids]
            return {"classifications": exported, "cutouts": cutouts}

        return files

    def exports(self, kind: str) -> Callable[..., list] | list[str]:
        """Return the files of one kind: all chunks' of a simulated survey.

        Parameters
        ----------
        kind : {"classifications", "subjects", "gal_metadata"}
            Which export.
        """
        if self.source == "simulated":
            name = kind.replace("_", "-")
            return [f"{RAW}/{chunk}/{name}.csv" for chunk in self.chunks]
        if self.source == "upstream" and kind == "classifications":
            return lambda wildcards: _existing(self.paths["models"], self.subjects)
        return self._named(kind)

    def every(self, pattern: str, most: int | None = None) -> Callable[..., list]:
        """Return an input function: a product of every subject, named by ``{id}``.

        Of the first `most` subjects, where that is given.
        """
        return lambda wildcards: [pattern.format(id=i) for i in self.subjects[:most]]

    def fetched(self) -> list[list[str]]:
        """Return what is fetched of each subject that ``subject_data`` has no file of.

        The last file is the one that says that all are there.
        """
        pattern, folder = self.paths["subject_data"], "<downloads>/builder/subject_data"
        if pattern is None:
            return []
        there = located(pattern, self.subjects)
        absent = [i for i in self.subjects if i not in there]
        return [[f"{folder}/{i}/{name}" for name in FETCHED] for i in absent]

    def optional(self, kind: str) -> list[str]:
        """Return the published ``catalogue`` or the ``votes``: one file, or none."""
        return [] if self.source == "simulated" else self._named(kind)

    def _named(self, kind: str) -> list[str]:
        path = self.paths[kind]
        return [] if path is None else [data_path(path)]

    def _refuse_no_file(self, kinds: Iterable[str]) -> None:
        """Raise if no subject of the run has a file of these kinds."""
        patterns = {f"builder.paths.{k}": self.paths[k] for k in kinds}
        if any(located(pattern, self.subjects) for pattern in patterns.values()):
            return
        named = [pattern for pattern in patterns.values() if pattern]
        first = str(next(iter(self.subjects), ""))
        sought = data_path(named[0]) if named else "(none is set)"
        sought = sought.replace("{subject}", first)
        msg = (
            f"{', '.join(patterns)}: no file of any of {len(self.subjects)} subjects, "
            f"among others no file {sought}; set SKYLOOM_DATA to the folder that holds "
            "them, or correct the path"
        )
        if self.source == "zooniverse":
            command = f"{SNAKEMAKE} --cores 4 builder_retrieve_subjects"
            msg += f", or download them first: {command}, with your --configfile"
        raise ConfigError(msg)


def resource_digest(name: str) -> str:
    """Return the checksum of a file of ``resources/``, for the rules that read it.

    As an input it would be another file in every checkout, and rerun its rule.
    """
    return checksum(ROOT / "resources" / name)


def _existing(pattern: str | None, ids: Iterable[int]) -> list[str]:
    return sorted(set(located(pattern, ids).values()))


def _sampled(sample: Mapping) -> list[int]:
    if sample["subject_ids"]:
        return sorted(sample["subject_ids"])
    column = sample["column"]
    rows = read_sheet(data_path(sample["sheet"]), {column: Subject}, unique=column)
    return sorted(row[column] for row in rows)


def _pairs(sheet: str | None, wanted: set[int]) -> list[list[int]]:
    if sheet is None:
        return []
    # The published table has its ids as 20902031.0, which pydantic takes.
    rows = read_sheet(data_path(sheet), {"0": Subject, "1": Subject})
    pairs = [[row["0"], row["1"]] for row in rows]
    return sorted(pair for pair in pairs if pair[1] in wanted)
