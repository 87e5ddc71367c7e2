"""What is fitted to one subject's image: the best volunteer, and tuned models."""

from __future__ import annotations

from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.best import best_individual
from skyloom.builder.fitting.tune import failed, residual_images, tune
from skyloom.builder.images.cutout_files import card_text, usable_cutout
from skyloom.builder.model import from_dict
from skyloom.builder.tasks.files import Files, Paths, own
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.io.fits import write_images
from skyloom.io.record import cards
from skyloom.run.provenance import Recipe

EMPTY = {"classification_id": None, "chisq": None, "n_volunteers": 0, "model": None}


def find_best(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Render every volunteer's model and write the best one's ``row``.

    `files` are ``volunteers`` and ``cutouts``.

    Raises
    ------
    DatumError
        If there is no image, or nobody drew anything.
    """
    mine = own(files, subject)
    volunteers = read_json(mine["volunteers"])
    row = best_individual(volunteers, usable_cutout(mine["cutouts"]))
    write_json(paths["row"], row | {"provenance": recipe.record(mine.values())})


def failed_best(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write the row of a subject that has no best individual."""
    row = {"subject_id": subject, "status": "failed", "reason": reason} | EMPTY
    write_json(paths["row"], row | {"provenance": recipe.record()})


def tune_subject(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Fit a subject from one start and write ``tuned`` and ``residuals``.

    `files` are ``starts``, aggregates or best individuals, and ``cutouts``.

    Raises
    ------
    DatumError
        If there is no starting model or no image.
    """
    mine = own(files, subject)
    start, cutout = read_json(mine["starts"]), usable_cutout(mine["cutouts"])
    if start["status"] != "ok":
        msg = f"no starting model: {start['reason']}"
        raise DatumError(msg)
    options = TuneSettings.stated(recipe.settings["tune"])
    fit = tune(from_dict(start["model"]), start.get("errors"), cutout, options)
    fit |= {"sigma_source": cutout.sigma_source, "multiplier": cutout.multiplier}
    fit |= {"subject_id": subject, "provenance": recipe.record(mine.values())}
    images = {}
    if fit["model"] is not None:
        planes = residual_images(from_dict(fit["model"]), cutout)
        images = {k: (plane, dict(cutout.header)) for k, plane in planes.items()}
    _write(paths, fit, images, recipe.settings["start"])


def failed_tune(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write the record of a subject that cannot be fitted."""
    fit = failed(reason) | {"sigma_source": None, "multiplier": None}
    fit |= {"subject_id": subject, "provenance": recipe.record()}
    _write(paths, fit, {}, recipe.settings["start"])


def _write(paths: Paths, fit: dict, images: dict, start: str) -> None:
    subject, reason = fit["subject_id"], fit["reason"]
    header = {"OBJECT": str(subject), "START": start, "STATUS": fit["status"]}
    header |= cards(fit["provenance"])
    if reason:
        header["REASON"] = card_text(reason)
    write_images(paths["residuals"], images, header)
    place = f"residuals/{start}/{subject}.fits"
    write_json(paths["tuned"], fit | {"start": start, "residual": place})
