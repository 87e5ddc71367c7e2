"""One subject's page of figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.builder.images.cutout_files import cutout_or_none
from skyloom.builder.products import figures
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError
from skyloom.io.fits import read_images
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.provenance import Recipe


def plot_subject(
    subject: int,
    paths: Mapping[str, Path],
    *,
    files: Mapping[str, Mapping[int, str]],
    recipe: Recipe,
) -> None:
    """Draw the page of one galaxy, whatever of it there is.

    Parameters
    ----------
    files : mapping of str to mapping of int to path
        ``cutouts``, ``volunteers``, ``aggregates``, ``tuned`` and ``residuals``.

    Raises
    ------
    DatumError
        If there is neither an image nor a drawing.
    """
    mine = {kind: known[subject] for kind, known in files.items()}
    cutout = cutout_or_none(mine["cutouts"])
    crowd, aggregate, fit = (
        read_json(mine[kind]) for kind in ("volunteers", "aggregates", "tuned")
    )
    if cutout is None and aggregate["shape"] is None:
        raise DatumError(aggregate["reason"])
    planes = None
    if fit["model"] is not None:
        read = read_images(mine["residuals"], ["MODEL", "RESIDUAL"])
        planes = {name: image for name, (image, _) in read.items()}
    seen = {} if cutout is None else {"mask": cutout.mask, "wcs": cutout.wcs}
    image = None if cutout is None else cutout.image
    figure = figures.galaxy(image, crowd, aggregate, fit, planes, **seen)
    style.save(figure, *paths.values(), note=text(recipe.record(mine.values())))


def failed_plot(
    subject: int, reason: str, paths: Mapping[str, Path], *, recipe: Recipe
) -> None:
    """Write a page that says why there is nothing to draw."""
    figure = style.figure(style.PAGE_WIDTH, 1.0)
    figure.text(0.5, 0.5, f"subject {subject}: {reason}", ha="center", wrap=True)
    style.save(figure, *paths.values(), note=text(recipe.record()))
