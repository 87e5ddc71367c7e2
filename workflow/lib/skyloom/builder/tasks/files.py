"""Which of a rule's files belongs to which subject."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from skyloom.run.config import data_path

Paths = Mapping[str, Path]  # files that a task writes, by kind
Files = Mapping[str, Mapping[int, str]]  # those that it reads, by kind and subject
SHOWN = 800  # galaxies of the atlas: with pictures and drawings, some 16 MB


def subject_of(path: str | Path) -> int:
    """Return the subject of a file named ``<id>.<suffixes>``."""
    return int(Path(path).name.split(".", 1)[0])


def by_subject(paths: Iterable[str]) -> dict[int, str]:
    """Return subject id to path."""
    return {subject_of(path): path for path in paths}


def own(files: Files, subject: int) -> dict[str, str]:
    """Return the files of one subject, by kind."""
    return {kind: paths[subject] for kind, paths in files.items()}


def located(pattern: str | None, ids: Iterable[int]) -> dict[int, str]:
    """Return the files of a pattern that exist, by subject.

    Parameters
    ----------
    pattern : str or None
        A path of the config in which ``{subject}`` stands for the id.
    """
    if pattern is None:
        return {}
    named = {i: data_path(pattern.replace("{subject}", str(i))) for i in ids}
    return {i: path for i, path in named.items() if Path(path).is_file()}


def declared(
    pattern: str | None, ids: Iterable[int], given: Iterable[str]
) -> dict[int, str]:
    """Return which of the files that a job was given are a subject's, by subject.

    Which subjects have a file was seen when the job was planned. Looked for again, one
    that is out of reach for a moment would count as one that never was.
    """
    if pattern is None:
        return {}
    known = {os.path.normpath(path) for path in given}
    named = {i: data_path(pattern.replace("{subject}", str(i))) for i in ids}
    return {i: path for i, path in named.items() if os.path.normpath(path) in known}


def products(**lists: Iterable[str]) -> dict[int, dict[str, str]]:
    """Return subject id to {kind: path} from one list of paths a kind.

    Raises
    ------
    ValueError
        If the lists do not name the same subjects.
    """
    named = {kind: by_subject(paths) for kind, paths in lists.items()}
    subjects = next(iter(named.values())).keys()
    if any(paths.keys() != subjects for paths in named.values()):
        msg = f"{', '.join(named)}: not the same subjects in each list"
        raise ValueError(msg)
    return {subject: own(named, subject) for subject in subjects}
