"""The files of a subject, as its volunteers were shown them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from skyloom.io.documents import read_json
from skyloom.io.download import download
from skyloom.io.errors import InputError

NEEDED = {"difference.json": ("imageData", "mask", "multiplier", "psf")}


def fetched(urls: Mapping[tuple[int, str], str], target: Path, place: Path) -> str:
    """Fetch the file for `target`, ``<subject>/<name>``, to `place`; return its sha256.

    Raises
    ------
    InputError
        No address of it, no such file, or something else in its place.
    """
    url = urls.get((int(target.parent.name), target.name))
    if url is None:
        remedy = "name the export that has it in builder.paths.subjects"
        raise InputError(target, "no subject export has its address", remedy=remedy)
    return retrieve(url, place, target.name)


def retrieve(url: str, target: str | Path, name: str) -> str:
    """Fetch the picture or JSON file of a subject of that name; return its sha256.

    Raises
    ------
    InputError
        No such file, or something else in its place.
    """
    document = partial(_document, needed=NEEDED.get(name, ()))
    looked = _picture if name.endswith(".png") else document
    return download(url, target, check=looked)


def _document(path: Path, needed: Iterable[str]) -> None:
    absent = sorted(set(needed) - read_json(path, nonfinite=True).keys())
    if absent:
        raise InputError(path, f"no key {', '.join(absent)}", expected="a subject's")


def _picture(path: Path) -> None:
    from matplotlib.image import imread  # noqa: PLC0415 - only where there is one

    try:
        imread(path, format="png")
    except Exception as error:
        problem = f"cannot be read as a picture: {error}"
        raise InputError(path, problem, expected="PNG") from error
