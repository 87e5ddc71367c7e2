"""One subject's model for DS9 and GALFIT."""

from __future__ import annotations

from skyloom.builder.images.cutout import Cutout
from skyloom.builder.images.cutout_files import cutout_or_reason
from skyloom.builder.model import Model, from_dict
from skyloom.builder.products.export import ds9_regions, galfit_feedme
from skyloom.builder.tasks.files import Files, Paths, own
from skyloom.io.atomic import write_text
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError
from skyloom.io.record import comments
from skyloom.run.provenance import Recipe

CHOSEN = "the chosen set, {}; the catalogue has means over all sets of components"


def export_subject(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Write a subject's model as DS9 ``regions`` and as a ``galfit`` input file.

    `files` are ``cutouts``, ``aggregates`` and ``models``; the aggregate stands in for
    a fit that failed, and the files say so.

    Raises
    ------
    DatumError
        If there is no model.
    """
    mine = own(files, subject)
    cutout, why = cutout_or_reason(mine["cutouts"])
    model, origin = _best_model(mine["models"], mine["aggregates"])
    made_from = f"# {origin}\n" + comments(recipe.record(mine.values()))
    wcs = None if cutout is None else cutout.wcs
    write_text(paths["regions"], ds9_regions(model, wcs) + made_from)
    feedme = f"# subject {subject}: no image to fit: {why}\n"
    if cutout is not None:
        feedme = _feedme(subject, model, cutout)
    write_text(paths["galfit"], feedme + made_from)


def failed_export(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write files that say why there is no model of the subject."""
    made_from = comments(recipe.record())
    for path in paths.values():
        write_text(path, f"# subject {subject}: no model: {reason}\n{made_from}")


def _best_model(fit: str, aggregate: str) -> tuple[Model, str]:
    """Return the model, and what it is in one line."""
    fitted, crowd = read_json(fit), read_json(aggregate)
    if fitted["model"] is not None:
        words = " + ".join(fitted["components"])
        return from_dict(fitted["model"]), CHOSEN.format(words)
    if crowd["model"] is not None:
        return from_dict(crowd["model"]), f"the crowd's, as no fit: {fitted['reason']}"
    raise DatumError("; ".join(str(tree["reason"]) for tree in (fitted, crowd)))


def _feedme(subject: int, model: Model, cutout: Cutout) -> str:
    image = f"../fitting_metadata/{subject}.fits"
    files = {"data": f"{image}[SCI]", "sigma": f"{image}[ERR]", "psf": f"{image}[PSF]"}
    files |= {"mask": f"{image}[MASK]", "output": f"{subject}_galfit.fits"}
    scale = {"multiplier": cutout.multiplier, "psf_size": max(cutout.psf.shape)}
    return galfit_feedme(model, cutout.image.shape, files=files, **scale)
