"""One subject's figure, DS9 regions and GALFIT file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.images.cutout import Cutout
from skyloom.builder.model import Model, from_dict
from skyloom.builder.products import export, figures
from skyloom.builder.products.collect import cutout_or_none, sky_of
from skyloom.io.atomic import write_text
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError
from skyloom.io.fits import read_images
from skyloom.io.record import comments, text
from skyloom.plots import style
from skyloom.run.provenance import Recipe


def plot_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    files: Mapping[str, Mapping[int, str]],
    recipe: Recipe,
) -> dict:
    """Draw the page of one galaxy, whatever of it there is.

    Parameters
    ----------
    subject : int
        Its id.
    paths : mapping
        Where to write ``pdf`` and ``png``.
    files : mapping of str to mapping of int to path
        ``cutouts``, ``volunteers``, ``aggregates``, ``tuned`` and ``residuals``.
    recipe : Recipe
        Of the rule; recorded.

    Raises
    ------
    DatumError
        If there is neither an image nor a drawing: the reason.
    """
    cutout = cutout_or_none(files["cutouts"][subject])
    trees = {
        kind: read_json(files[kind][subject])
        for kind in ("volunteers", "aggregates", "tuned")
    }
    if cutout is None and trees["aggregates"]["shape"] is None:
        raise DatumError(trees["aggregates"]["reason"])
    fitted = trees["tuned"]["model"] is not None
    planes = _planes(files["residuals"][subject]) if fitted else None
    seen = {} if cutout is None else {"mask": cutout.mask, "wcs": sky_of(cutout)}
    figure = figures.galaxy(
        None if cutout is None else cutout.image,
        trees["volunteers"],
        trees["aggregates"],
        trees["tuned"],
        planes,
        **seen,
    )
    made_from = recipe.record([known[subject] for known in files.values()])
    style.save(figure, *paths.values(), note=text(made_from))
    return {"fitted": fitted}


def failed_plot(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    recipe: Recipe,
) -> dict:
    """Write a page that says why there is nothing to draw."""
    figure = style.figure(style.PAGE_WIDTH, 1.0)
    figure.text(0.5, 0.5, f"subject {subject}: {reason}", ha="center", wrap=True)
    style.save(figure, *paths.values(), note=text(recipe.record()))
    return {"fitted": False, "reason": reason}


def export_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    files: Mapping[str, Mapping[int, str]],
    recipe: Recipe,
) -> dict:
    """Write a subject's model as DS9 regions and as a GALFIT input file.

    Parameters
    ----------
    subject : int
        Its id.
    paths : mapping
        Where to write ``regions`` and ``galfit``.
    files : mapping of str to mapping of int to path
        ``cutouts``, ``aggregates`` and ``tuned``; the aggregate stands in for a fit
        that failed.
    recipe : Recipe
        Of the rule; recorded.
    """
    cutout = cutout_or_none(files["cutouts"][subject])
    model, reason = _best_model(*(files[k][subject] for k in ("tuned", "aggregates")))
    if model is None:
        return failed_export(subject, reason, paths, recipe=recipe)
    used = [known[subject] for known in files.values()]
    made_from = comments(recipe.record(used))
    regions = export.ds9_regions(model, sky_of(cutout))
    write_text(paths["regions"], regions + made_from)
    write_text(paths["galfit"], _feedme(subject, model, cutout) + made_from)
    return {"model": True}


def failed_export(
    subject: int,
    reason: str,
    paths: Mapping[str, Path],
    *,
    recipe: Recipe,
) -> dict:
    """Write files that say why there is no model of the subject."""
    made_from = comments(recipe.record())
    for path in paths.values():
        write_text(path, f"# subject {subject}: no model: {reason}\n{made_from}")
    return {"model": False, "reason": reason}


def _planes(path: str) -> dict:
    found = read_images(path, ["MODEL", "RESIDUAL"])
    return {name: image for name, (image, _) in found.items()}


def _best_model(*paths: str) -> tuple[Model | None, str]:
    reasons = []
    for path in paths:
        tree = read_json(path)
        if tree["status"] != "failed":
            return from_dict(tree["model"]), ""
        reasons.append(str(tree["reason"]))
    return None, "; ".join(reasons)


def _feedme(subject: int, model: Model, cutout: Cutout | None) -> str:
    if cutout is None:
        return f"# subject {subject}: no image to fit\n"
    image = f"../fitting_metadata/{subject}.fits"
    files = {"data": f"{image}[SCI]", "sigma": f"{image}[ERR]", "psf": f"{image}[PSF]"}
    files |= {"mask": f"{image}[MASK]", "output": f"{subject}_galfit.fits"}
    return export.galfit_feedme(
        model,
        cutout.image.shape,
        files=files,
        multiplier=cutout.multiplier,
        psf_size=max(cutout.psf.shape),
    )
