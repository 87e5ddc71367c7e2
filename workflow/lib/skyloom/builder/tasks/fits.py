"""What is fitted to one subject's image: best volunteer, tuned models, its model."""

from __future__ import annotations

from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.best import best_individual
from skyloom.builder.fitting.galaxy import galaxy_model, no_model
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
UNKNOWN = {"sigma_source": None, "multiplier": None}


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
    """Fit a subject from one start and write ``tuned``.

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
    fit |= _photometry(cutout) | {"start": recipe.settings["start"]}
    write_json(paths["tuned"], _signed(fit, subject, recipe, mine.values()))


def failed_tune(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write the record of a subject that cannot be fitted."""
    fit = failed(reason) | UNKNOWN | {"start": recipe.settings["start"]}
    write_json(paths["tuned"], _signed(fit, subject, recipe))


def model_subject(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Choose and average a subject's components; write ``model`` and ``residuals``.

    `files` are ``aggregates``, ``agg``, ``bi`` and ``cutouts``.

    Raises
    ------
    DatumError
        If there is no image or neither fit has a model.
    """
    mine = own(files, subject)
    cutout = usable_cutout(mine["cutouts"])
    crowd, *fits = (read_json(mine[kind]) for kind in ("aggregates", "agg", "bi"))
    options = TuneSettings.stated(recipe.settings["tune"])
    tree = galaxy_model(
        crowd, dict(zip(("agg", "bi"), fits, strict=True)), cutout, options
    )
    planes = residual_images(from_dict(tree["model"]), cutout)
    images = {k: (plane, dict(cutout.header)) for k, plane in planes.items()}
    tree = _signed(tree | _photometry(cutout), subject, recipe, mine.values())
    _write(paths, tree, images)


def no_subject_model(
    subject: int, reason: str, paths: Paths, *, recipe: Recipe
) -> None:
    """Write the record of a subject without a model."""
    _write(paths, _signed(no_model(reason) | UNKNOWN, subject, recipe), {})


def _photometry(cutout) -> dict:
    return {"sigma_source": cutout.sigma_source, "multiplier": cutout.multiplier}


def _signed(tree: dict, subject: int, recipe: Recipe, made_from=()) -> dict:
    return tree | {"subject_id": subject, "provenance": recipe.record(made_from)}


def _write(paths: Paths, tree: dict, images: dict) -> None:
    header = {"OBJECT": str(tree["subject_id"]), "STATUS": tree["status"]}
    header |= cards(tree["provenance"])
    if tree["reason"]:
        header["REASON"] = card_text(tree["reason"])
    write_images(paths["residuals"], images, header)
    write_json(paths["model"], tree)
