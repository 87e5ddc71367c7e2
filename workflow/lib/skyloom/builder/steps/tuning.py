"""Fit one subject: its starting model and its cutout in, fit and residuals out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.fitting.tune import TuneSettings, failed, residual_images, tune
from skyloom.builder.model import Model, from_dict
from skyloom.builder.steps.cutouts import usable_cutout
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.io.fits import write_images
from skyloom.io.record import cards as provenance_cards
from skyloom.run.provenance import Recipe


def tune_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    starts: Mapping[int, str],
    cutouts: Mapping[int, str],
    recipe: Recipe,
) -> dict:
    """Fit a subject from one start and write both its files.

    Parameters
    ----------
    subject : int
        Its id.
    paths : mapping
        Where to write ``tuned`` and ``residuals``.
    starts, cutouts : mapping of int to path
        Files of the starting models and of the cutouts.
    recipe : Recipe
        Of the rule; its settings are the config section ``tune``, and ``start``:
        "agg" or "bi".

    Returns
    -------
    dict
        ``status`` and ``reason``.

    Raises
    ------
    DatumError
        If a file records an earlier failure: its reason.
    """
    tree = read_json(starts[subject])
    cutout = usable_cutout(cutouts[subject])
    options = TuneSettings(**recipe.settings["tune"])
    fit = tune(starting_model(tree), tree.get("errors"), cutout, options)
    fit |= {"sigma_source": cutout.sigma_source, "multiplier": cutout.multiplier}
    images = images_of(fit, cutout)
    used = [starts[subject], cutouts[subject]]
    fit |= {"subject_id": subject, "provenance": recipe.record(used)}
    return _write(paths, fit, images, recipe.settings["start"])


def failed_tune(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    recipe: Recipe,
) -> dict:
    """Write the record of a subject that cannot be fitted, and why."""
    fit = failed(recipe.settings["tune"]["method"], reason)
    fit |= {"sigma_source": None, "multiplier": None}
    fit |= {"subject_id": subject, "provenance": recipe.record()}
    return _write(paths, fit, {}, recipe.settings["start"])


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


def images_of(fit: Mapping, cutout) -> dict:
    """Return the HDUs of a residual file; none for a failed fit."""
    if fit["model"] is None:
        return {}
    planes = residual_images(from_dict(fit["model"]), cutout)
    return {name: (plane, dict(cutout.header)) for name, plane in planes.items()}


def _write(paths, fit: dict, images: dict, start: str) -> dict:
    subject = fit["subject_id"]
    cards = {"OBJECT": str(subject), "START": start, "STATUS": fit["status"]}
    cards |= provenance_cards(fit["provenance"])
    write_images(paths["residuals"], images, cards | _reason_card(fit["reason"]))
    place = f"residuals/{start}/{subject}.fits"
    write_json(paths["tuned"], fit | {"start": start, "residual": place})
    return {"status": fit["status"], "reason": fit["reason"]}


def _reason_card(reason: str | None) -> dict:
    # A FITS card has room for some 60 characters, and for ASCII only.
    text = (reason or "").encode("ascii", "replace").decode()[:60]
    return {"REASON": text} if text else {}
