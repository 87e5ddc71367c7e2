"""One subject's page of figures."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from skyloom.builder.images.cutout_files import cutout_or_reason
from skyloom.builder.products import figures
from skyloom.builder.tasks.files import Files, Paths, own
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError
from skyloom.io.fits import read_images
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.provenance import Recipe


def plot_subject(subject: int, paths: Paths, *, files: Files, recipe: Recipe) -> None:
    """Draw the page of one galaxy, as `page` has it."""
    mine = own(files, subject)
    style.save(page(mine), *paths.values(), note=text(recipe.record(mine.values())))


def page(mine: Mapping[str, str]) -> Figure:
    """Return the page of one galaxy, whatever of it there is.

    `mine` are its files: ``cutouts``, ``volunteers``, ``aggregates``, ``models``,
    ``residuals``.

    Raises
    ------
    DatumError
        If there is neither an image nor a drawing.
    """
    cutout, why = cutout_or_reason(mine["cutouts"])
    trees = map(read_json, (mine["volunteers"], mine["aggregates"], mine["models"]))
    crowd, aggregate, fit = trees
    if cutout is None and aggregate["shape"] is None:
        raise DatumError(aggregate["reason"])
    planes = None
    if fit["model"] is not None:
        names = ["MODEL", "RESIDUAL", *map(str.upper, fit["components"])]
        read = read_images(mine["residuals"], names)
        planes = {name: image for name, (image, _) in read.items()}
    return figures.galaxy(cutout, crowd, aggregate, fit, planes, reason=why)


def failed_plot(subject: int, reason: str, paths: Paths, *, recipe: Recipe) -> None:
    """Write a page that says why there is nothing to draw."""
    figure = style.figure(style.PAGE_WIDTH, 1.0)
    why = style.words(f"subject {subject}: {reason}")
    figure.text(0.5, 0.5, why, ha="center", wrap=True)
    style.save(figure, *paths.values(), note=text(recipe.record()))
