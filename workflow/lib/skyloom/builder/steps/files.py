"""Which of a rule's files belongs to which subject."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def by_subject(paths: Iterable[str]) -> dict[int, str]:
    """Return subject id to path, for paths named ``<id>.<suffixes>``."""
    return {int(Path(path).name.split(".", 1)[0]): path for path in paths}


def products(**lists: Iterable[str]) -> dict[int, dict[str, str]]:
    """Return what each subject's files are called and where they go.

    Parameters
    ----------
    **lists : iterable of path
        One list a kind of file, each naming the same subjects.

    Returns
    -------
    dict of int to dict of str to str
        Subject id to {kind: path}.

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
    return {
        subject: {kind: paths[subject] for kind, paths in named.items()}
        for subject in subjects
    }
