"""What a job has finished, object by object, until all of it is delivered.

A finished object is a folder in a store, made in a temporary place and renamed when
whole. A store's claim, the list of what its job is to write, lets the next job that
claims one of the same files remove a store that no job will open again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from skyloom.io.atomic import replacing
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError

RESULT = "result.json"
CLAIM = "claim.json"


@dataclass(frozen=True)
class Task:
    """One object's work: the folder that will hold it, and where its files go."""

    item: int | str
    folder: Path
    files: Mapping[str, str]

    def places(self, folder: Path) -> dict[str, Path]:
        """Return where in a folder the files of this object lie."""
        return {k: folder / k / Path(path).name for k, path in self.files.items()}

    @property
    def whole(self) -> bool:
        """Whether the object is finished and all of it is there."""
        kept = [self.folder / RESULT, *self.places(self.folder).values()]
        return all(path.exists() for path in kept)


def claim(store: Path, outputs: Iterable[str], root: Path) -> None:
    """Say what a store's job is to write; remove the stores that this makes useless.

    `store` is ``<root>/<rule>/<name>``, `root` the folder of all stores.
    """
    mine = sorted(str(path) for path in outputs)
    for other in Path(root).glob(f"*/*/{CLAIM}"):
        if other.parent != Path(store) and not set(_claimed(other)).isdisjoint(mine):
            remove(other.parent)
    write_json(Path(store) / CLAIM, {"outputs": mine})


def _claimed(path: Path) -> list[str]:
    """Return what a store's job is to write; nothing if it is just being removed."""
    try:
        return read_json(path)["outputs"]
    except InputError:
        return []


def folder_of(store: Path, key: str) -> Path:
    """Return the folder of a store that holds the work under a key."""
    return Path(store) / key[:16]


def fresh(store: Path, key: str) -> Path:
    """Return the folder of a key in a store, without what other keys left there."""
    folder = folder_of(store, key)
    folder.mkdir(parents=True, exist_ok=True)
    for other in Path(store).iterdir():
        if other not in (folder, Path(store) / CLAIM):
            shutil.rmtree(other)
    for part in folder.glob("*.part"):
        shutil.rmtree(part)
    return folder


def name_of(item: int | str) -> str:
    """Return the name of an object's folder: its own, or a hash of an odd one."""
    text = str(item)
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text)
    return text if plain else f"~{sha256(text.encode()).hexdigest()}"


def deliver(task: Task) -> dict:
    """Put an object's files where they belong; return its ``result`` and ``failed``."""
    for label, source in task.places(task.folder).items():
        with replacing(task.files[label]) as temporary:
            _copy(source, temporary)
    return read_json(task.folder / RESULT)


def _copy(source: Path, target: Path) -> None:
    """Link or copy a file; new now, since its inputs may be younger than its work."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    os.utime(target)


def remove(store: Path) -> None:
    """Remove a store, its claim last, and the folders above that it leaves empty."""
    if not Path(store).exists():
        return
    for folder in Path(store).iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    shutil.rmtree(store)
    with suppress(OSError):
        for folder in list(Path(store).parents)[:2]:
            folder.rmdir()
