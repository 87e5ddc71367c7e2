"""Which subjects a run has, and which raw files hold each of them.

All of it follows from the configuration while the rules are read, so nothing heavy is
imported and nothing but the sample sheet and the list of repeats is opened. Three
sources enter by the same door:

* ``simulated``: a simulated survey, in the layout of a project's exports;
* ``zooniverse``: a project's exports and subject files;
* ``upstream``: the decoded files of the published analysis.

A subject whose drawings or image are not there is no error: its steps record why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skyloom.io.record import checksum
from skyloom.run.config import ConfigError, data_path
from skyloom.run.digest import ROOT
from skyloom.run.sheets import read_sheet

RAW = "<results>/raw"
GALAXY = 100_000  # simulated galaxies are subjects 100001, 100002, ...
REPEAT = 200_000  # shown again to other volunteers they are 200001, 200002, ...
PATTERNS = {"zooniverse": (), "upstream": ("models", "images")}
MATERIAL = {"zooniverse": ("subject_data", "fitting_data"), "upstream": ("images",)}
ID = {"type": "integer", "minimum": 1, "description": "Subject id [number]."}
NEEDED = {
    "zooniverse": ("classifications",),
    "upstream": ("models", "images", "gal_metadata"),
}


def subjects(config: Mapping) -> list[int]:
    """Return the ids of the run's subjects, sorted.

    Parameters
    ----------
    config : mapping
        The area's configuration.

    Raises
    ------
    ConfigError
        If the source has no sample, or a file that it needs is not named.
    InputError
        For a sheet with a wrong id, or with one twice (file and row).
    """
    if config["source"] == "simulated":
        simulate = config["simulate"]
        galaxies = [GALAXY + i + 1 for i in range(simulate["n_subjects"])]
        return galaxies + [second for _, second in _simulated_repeats(simulate)]
    _refuse_missing(config)
    ids = _sampled(config["sample"])
    for key in PATTERNS[config["source"]]:
        _refuse_empty(key, config["paths"][key], ids)
    return ids


def repeats(config: Mapping, ids: Iterable[int]) -> list[list[int]]:
    """Return the pairs [first, second] of subjects that show one galaxy.

    Parameters
    ----------
    config : mapping
        The area's configuration.
    ids : iterable of int
        Pairs are kept whose second subject is one of these.

    Returns
    -------
    list of [int, int]
        Sorted.
    """
    if config["source"] == "simulated":
        pairs = _simulated_repeats(config["simulate"])
    elif config["paths"]["repeats"] is None:
        pairs = []
    else:
        # The published table has its ids as 20902031.0.
        number = {"type": "number", "minimum": 1, "description": ID["description"]}
        row = {"properties": {"0": number, "1": number}, "required": ["0", "1"]}
        rows = read_sheet(data_path(config["paths"]["repeats"]), row)
        pairs = [[int(row["0"]), int(row["1"])] for row in rows]
    wanted = set(ids)
    return sorted(pair for pair in pairs if pair[1] in wanted)


def cutouts(config: Mapping, chunk: str, ids: list[int]) -> dict:
    """Return the raw files that the cutouts of a chunk are made from, by kind."""
    if config["source"] == "simulated":
        return {
            "subject_data": [f"{RAW}/subject_data/{i}.json" for i in ids],
            "gal_metadata": [f"{RAW}/{chunk}/gal-metadata.csv"],
        }
    paths = config["paths"]
    kinds = MATERIAL[config["source"]]
    shown = [*ids, *(first for first, _ in repeats(config, ids))]
    found = {kind: _existing(paths[kind], shown) for kind in kinds}
    return found | {"gal_metadata": _named(paths, "gal_metadata")}


def refuse_no_image(config: Mapping, ids: Iterable[int]):
    """Return an input function that refuses a run in which no subject has an image.

    One or some are no error, as their files record it; none at all is a wrong path,
    or files not yet downloaded. Asked when the rules are read, it would also refuse
    the download.

    Parameters
    ----------
    config : mapping
        The area's configuration.
    ids : iterable of int
        Subjects of the run.

    Returns
    -------
    callable
        Of the wildcards; returns no file.

    Raises
    ------
    ConfigError
        By the callable, naming the keys and a file that was looked for.
    """
    kinds = MATERIAL.get(config["source"], ())
    patterns = {f"builder.paths.{k}": config["paths"][k] for k in kinds}
    ids = list(ids)

    def check(wildcards) -> list[str]:
        if config["source"] == "simulated" or any(
            located(pattern, ids) for pattern in patterns.values()
        ):
            return []
        named = [pattern for pattern in patterns.values() if pattern]
        sought = data_path(named[0]) if named else "(none is set)"
        msg = (
            f"{', '.join(patterns)}: no image of any of {len(ids)} subjects, among "
            f"others no file {sought}; set SKYLOOM_DATA to the folder that holds them, "
            "correct the path, or download them first: snakemake "
            "builder_retrieve_subjects"
        )
        raise ConfigError(msg)

    return check


def drawings(config: Mapping, chunk: str, ids: list[int]) -> dict:
    """Return the files that hold the drawings of a chunk, by kind.

    Among them, for an export, the cutouts, which say how large an image volunteers
    saw and how it was turned; upstream's models come in pixels.
    """
    cutouts = [f"<results>/fitting_metadata/{i}.npz" for i in ids]
    if config["source"] == "simulated":
        exported = [f"{RAW}/{chunk}/classifications.csv"]
        return {"classifications": exported, "cutouts": cutouts}
    if config["source"] == "zooniverse":
        exported = _named(config["paths"], "classifications")
        return {"classifications": exported, "cutouts": cutouts}
    models = _existing(config["paths"]["models"], ids)
    return {
        "models": models,
        "gal_metadata": _named(config["paths"], "gal_metadata"),
    }


def exports(config: Mapping, chunks: Mapping[str, list[int]], kind: str) -> list[str]:
    """Return the files of one kind of export: all chunks' of a simulated survey.

    Parameters
    ----------
    config : mapping
        The area's configuration.
    chunks : mapping of str to list of int
        Subjects by chunk.
    kind : {"classifications", "subjects", "gal_metadata"}
        Which export.
    """
    if config["source"] == "simulated":
        name = kind.replace("_", "-")
        return [f"{RAW}/{chunk}/{name}.csv" for chunk in chunks]
    if config["source"] == "upstream" and kind == "classifications":
        ids = sorted(i for members in chunks.values() for i in members)
        return _existing(config["paths"]["models"], ids)
    return _named(config["paths"], kind)


def optional(config: Mapping, key: str) -> list[str]:
    """Return the file that a key of ``paths`` names: one, or none.

    Parameters
    ----------
    config : mapping
        The area's configuration.
    key : {"catalogue", "votes"}
        The published catalogue to compare with; Galaxy Zoo votes. Simulated galaxies
        have neither.
    """
    simulated = config["source"] == "simulated"
    return [] if simulated else _named(config["paths"], key)


def resource_digest(name: str) -> str:
    """Return the checksum of a file of ``resources/``, for the rules that read it.

    As an input it would be another file in every checkout, and rerun its rule.
    """
    return checksum(ROOT / "resources" / name)


def _refuse_missing(config: Mapping) -> None:
    source, paths, sample = config["source"], config["paths"], config["sample"]
    absent = [f"builder.paths.{k}" for k in NEEDED[source] if paths[k] is None]
    if not sample["subject_ids"] and sample["sheet"] is None:
        absent.append("builder.sample.sheet (or subject_ids)")
    if absent:
        msg = f"source {source} needs {', '.join(absent)}; set it in the config"
        raise ConfigError(msg)


def _sampled(sample: Mapping) -> list[int]:
    if sample["sheet"] is None:
        return sorted(sample["subject_ids"])
    column = sample["column"]
    row = {"properties": {column: ID}, "required": [column], "unique": [column]}
    rows = read_sheet(data_path(sample["sheet"]), row)
    return sorted(row[column] for row in rows)


def _refuse_empty(key: str, pattern: str | None, ids: list[int]) -> None:
    if not located(pattern, ids):
        name = data_path(pattern or "")
        msg = (
            f"builder.paths.{key}: no file {name} for any of {len(ids)} subjects; set "
            "SKYLOOM_DATA to the folder that holds it, or correct the path"
        )
        raise ConfigError(msg)


def _simulated_repeats(settings: Mapping) -> list[list[int]]:
    count = settings["n_repeats"]
    return [[GALAXY + i + 1, REPEAT + i + 1] for i in range(count)]


def located(pattern: str | None, ids: Iterable[int]) -> dict[int, str]:
    """Return the files of a pattern that exist, by subject.

    Parameters
    ----------
    pattern : str or None
        A path of the config in which ``{subject}`` stands for the id.
    ids : iterable of int
        Subjects.
    """
    if pattern is None:
        return {}
    named = {i: data_path(pattern.replace("{subject}", str(i))) for i in ids}
    return {i: path for i, path in named.items() if Path(path).is_file()}


def _existing(pattern: str | None, ids: Iterable[int]) -> list[str]:
    return sorted(set(located(pattern, ids).values()))


def _named(paths: Mapping, kind: str) -> list[str]:
    return [] if paths[kind] is None else [data_path(paths[kind])]
