"""Fit one subject: its starting model and its cutout in, fit and residuals out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.tune import failed, residual_images, tune
from skyloom.builder.images.cutout_files import usable_cutout
from skyloom.builder.model import Model, from_dict
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.io.fits import write_images
from skyloom.io.record import cards
from skyloom.run.provenance import Recipe


def tune_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    starts: Mapping[int, str],
    cutouts: Mapping[int, str],
    recipe: Recipe,
) -> None:
    """Fit a subject from one start and write ``tuned`` and ``residuals``.

    Raises
    ------
    DatumError
        If there is no starting model or no image.
    """
    tree = read_json(starts[subject])
    cutout = usable_cutout(cutouts[subject])
    options = TuneSettings.stated(recipe.settings["tune"])
    fit = tune(starting_model(tree), tree.get("errors"), cutout, options)
    fit |= {"sigma_source": cutout.sigma_source, "multiplier": cutout.multiplier}
    used = [starts[subject], cutouts[subject]]
    fit |= {"subject_id": subject, "provenance": recipe.record(used)}
    images = {}
    if fit["model"] is not None:
        planes = residual_images(from_dict(fit["model"]), cutout)
        images = {k: (plane, dict(cutout.header)) for k, plane in planes.items()}
    _write(paths, fit, images, recipe.settings["start"])


def failed_tune(
    subject: int, reason: str, paths: Mapping[str, Path], *, recipe: Recipe
) -> None:
    """Write the record of a subject that cannot be fitted."""
    fit = failed(reason)
    fit |= {"sigma_source": None, "multiplier": None}
    fit |= {"subject_id": subject, "provenance": recipe.record()}
    _write(paths, fit, {}, recipe.settings["start"])


def starting_model(tree: Mapping) -> Model:
    """Return the model of an aggregate's or a best individual's tree.

    Raises
    ------
    DatumError
        If the tree records a failure.
    """
    if tree["status"] != "ok":
        msg = f"no starting model: {tree['reason']}"
        raise DatumError(msg)
    return from_dict(tree["model"])


def _write(paths, fit: dict, images: dict, start: str) -> None:
    subject, reason = fit["subject_id"], fit["reason"] or ""
    header = {"OBJECT": str(subject), "START": start, "STATUS": fit["status"]}
    # A FITS card has room for some 60 characters, and for ASCII only.
    short = reason.encode("ascii", "replace").decode()[:60]
    header |= cards(fit["provenance"]) | ({"REASON": short} if short else {})
    write_images(paths["residuals"], images, header)
    place = f"residuals/{start}/{subject}.fits"
    write_json(paths["tuned"], fit | {"start": start, "residual": place})
