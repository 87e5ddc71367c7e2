"""One subject's drawings as models in image pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.upstream import read_upstream, volunteers_tree
from skyloom.builder.drawings.volunteers import subject_tree
from skyloom.builder.images.cutout_files import usable_cutout
from skyloom.builder.tasks.files import Files, Paths
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError, raw_datum
from skyloom.io.zooniverse import Classification, Rejection, read_classifications
from skyloom.run.provenance import Recipe


def read_by_subject(
    path: str | Path, subjects: Iterable[int], workflow_id: int | None
) -> dict[int, tuple[list[Classification], list[Rejection]]]:
    """Return the usable and the rejected classifications of each subject."""
    found = {subject: ([], []) for subject in subjects}
    for many, rows in enumerate(read_classifications(path, workflow_id, set(found))):
        for one in rows:
            if one.subject_id in found:
                found[one.subject_id][many].append(one)
    return found


def parse_exported(
    subject: int,
    paths: Paths,
    *,
    rows: Mapping,
    export: str,
    files: Files,
    recipe: Recipe,
) -> None:
    """Write the volunteers ``tree`` of a subject of a Zooniverse export.

    `rows` are from `read_by_subject` of the `export`; `files`, the ``cutouts``, say how
    large an image volunteers were shown, and how it was turned.

    Raises
    ------
    DatumError
        If there is no cutout: what volunteers saw is then unknown.
    """
    path = files["cutouts"][subject]
    cutout = usable_cutout(path)
    shape, turns = cutout.image.shape, cutout.rotation or 0
    screen = Screen(shape[::-1] if turns % 2 else shape)
    limit = recipe.settings["volunteers"]["limit"]
    tree = subject_tree(subject, screen, *rows[subject], turns=turns, limit=limit)
    _write(paths, tree, recipe.record([export, path]))


def parse_upstream(
    subject: int,
    paths: Paths,
    *,
    files: Files,
    turns: Mapping[int, int],
    tables: Iterable[str | Path],
    recipe: Recipe,
) -> None:
    """Write the volunteers ``tree`` of a subject from upstream's decoded ``models``.

    `turns` are quarter turns of the uploaded image, where known, from the `tables`.

    Raises
    ------
    DatumError
        If there is no such file, or it is damaged or of another subject.
    """
    path = files["models"].get(subject)
    if path is None:
        msg = "no upstream file of this subject"
        raise DatumError(msg)
    with raw_datum():
        decoded = read_upstream(path)
        if decoded["subject"] != subject:
            msg = f"{path}: is of subject {decoded['subject']}"
            raise DatumError(msg)
        tree = volunteers_tree(decoded, turns.get(subject))
    _write(paths, tree, recipe.record([path, *tables]))


def failed_drawings(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write a volunteers tree without volunteers."""
    rejected = [{"classification_id": None, "reason": reason}]
    tree = {"subject_id": subject, "shape": None, "volunteers": []}
    _write(paths, tree | {"rejected": rejected}, recipe.record())


def _write(paths: Paths, tree: Mapping, provenance: Mapping) -> None:
    write_json(paths["tree"], {**tree, "provenance": provenance})
