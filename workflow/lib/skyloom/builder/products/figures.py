"""Figures of one galaxy: data, model, residual, what was drawn, and its arms."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from astropy.wcs import WCS
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import COMPONENTS, DrawnArm, Model, from_dict
from skyloom.builder.products import outlines
from skyloom.plots import style
from skyloom.sky.geometry import plane_matrix

COLOURS = {
    "disk": style.BLUE,
    "bulge": style.VERMILLION,
    "bar": style.ORANGE,
    "spiral": style.GREEN,
}
ARM_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE)
SIDE, GAPS = 2.02, (0.15, 0.3)  # of the panels [inch]
Extent = tuple[float, float, float, float]
# Ticks of a logarithmic radius axis [px].
RADII = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300)
BAR_LENGTHS = (1, 2, 5, 10, 20, 30, 60)  # of a scale bar [arcsec]


@style.styled
def galaxy(
    image: np.ndarray | None,
    volunteers: Mapping,
    aggregate: Mapping,
    tuned: Mapping | None = None,
    fit: Mapping[str, np.ndarray] | None = None,
    *,
    mask: np.ndarray | None = None,
    wcs: WCS | None = None,
) -> Figure:
    """Return six panels on one galaxy.

    Above: image, model, residual. Below: all drawn shapes with the aggregate's, all
    drawn arms with the fitted spirals, and the arms in the plane of the disk.

    Parameters
    ----------
    image : ndarray, shape (ny, nx), or None
        The data [image units]; None when the subject has no image.
    volunteers, aggregate : mapping
        Trees of ``volunteers/<id>.json`` and ``aggregates/<id>.json``.
    tuned : mapping, optional
        Tree of ``tuned/<start>/<id>.json``.
    fit : mapping of str to ndarray, shape (ny, nx), optional
        ``MODEL`` [image units] and ``RESIDUAL`` [sigma]; absent for a failed fit.
    mask : ndarray of bool, shape (ny, nx), optional
        True where a pixel is bad.
    wcs : WCS, optional
        Adds a north-east compass.
    """
    fig, axes = style.panels(2, 3, SIDE, GAPS)
    shape = tuple(aggregate["shape"] if image is None else image.shape)
    white = 1.0 if image is None else style.white_level(image, mask)
    full = (0.0, shape[1] - 1.0, 0.0, shape[0] - 1.0)
    _data_row(fig, axes[0], image, tuned=tuned, fit=fit, white=white, mask=mask)
    for panel in axes[0]:
        _frame(panel, full)
    models = [from_dict(row["model"]) for row in volunteers["volunteers"]]
    model = from_dict(aggregate["model"] or {})
    # Arms of the model, what is known of each, and its colour.
    arms = list(zip(model.spiral, aggregate["arms"], cycle(ARM_COLOURS)))
    _drawn_shapes(axes[1, 0], models, model, aggregate["masks"])
    _drawn_arms(axes[1, 1], models, model, arms)
    _arm_plane(axes[1, 2], arms)
    zoom = _zoom(model, full)
    for panel in axes[1, :2]:
        if image is not None:
            shown = style.asinh_stretch(image, white)
            panel.imshow(shown, cmap=style.LIGHT_MAP, vmin=-0.12, vmax=1.9, zorder=-1)
        _frame(panel, zoom)
    _scale_bar(axes[0, 0], full)
    _scale_bar(axes[1, 1], zoom)
    if wcs is not None:
        _compass(axes[0, 0], wcs, shape)
    title = f"subject {aggregate['subject_id']}"
    if tuned and tuned["chisq"] is not None:
        title += rf"   $\chi^2_\nu$ = {tuned['chisq']:.2f}   start: {tuned['start']}"
    fig.suptitle(title, fontsize=10, y=0.985)
    return fig


def _data_row(fig, axes, image, *, tuned, fit, white, mask) -> None:
    for panel, title in zip(axes, ("image", "model", "residual"), strict=True):
        panel.set_title(title)
    if image is None:
        style.note(axes[0], "no image")
    else:
        style.image_panel(axes[0], image, white=white, mask=mask)
    if fit is None:
        why = f"no fit: {tuned['reason']}" if tuned else "not fitted"
        for panel in axes[1:]:
            style.note(panel, why)
        return
    style.image_panel(axes[1], fit["MODEL"], white=white)
    shown = style.residual_panel(axes[2], fit["RESIDUAL"], mask=mask)
    scale = axes[2].inset_axes([1.04, 0.0, 0.045, 1.0])
    fig.colorbar(shown, cax=scale, label=r"(data $-$ model) / $\sigma$")
    for name, line in outlines.of_model(from_dict(tuned["model"])):
        _line(axes[1], line, COLOURS[name], 0.9)


def _drawn_shapes(axes: Axes, models: list[Model], agreed: Model, masks) -> None:
    """Draw every volunteer's shapes, thin (dashed if not agreed), and the aggregate's.

    Outlines are at Re, as the clustering compares them.
    """
    handles = []
    for name in COMPONENTS:
        chosen = masks.get(name) or [False] * len(models)
        for inside, alpha, dash in ((False, 0.35, (0, (2, 2))), (True, 0.7, "solid")):
            lines = [
                outlines.drawn(name, getattr(model, name))
                for model, keep in zip(models, chosen, strict=True)
                if getattr(model, name) and keep is inside
            ]
            look = {"colors": COLOURS[name], "lw": 0.45, "alpha": alpha, "ls": [dash]}
            axes.add_collection(LineCollection(lines, **look))
        if part := getattr(agreed, name):
            _line(axes, outlines.drawn(name, part), COLOURS[name], 1.8)
        n = sum(getattr(model, name) is not None for model in models)
        label = f"{name} {sum(chosen)}/{n}"
        handles.append(Line2D([], [], color=COLOURS[name], lw=1.6, label=label))
    axes.legend(handles=handles, loc="lower left", handlelength=1.0, labelspacing=0.2,
                frameon=True, framealpha=0.75, edgecolor="none")  # fmt: skip
    axes.set_title("drawn shapes and aggregate")


def _drawn_arms(axes: Axes, models: list[Model], agreed: Model, arms: list) -> None:
    """Draw every stroke in the colour of its arm (or grey), and fitted spirals."""
    strokes = {
        (i, j): arm.points
        for i, model in enumerate(models)
        for j, arm in enumerate(model.spiral)
        if isinstance(arm, DrawnArm)
    }
    owner = {tuple(k): colour for _, known, colour in arms for k in known["lines"]}
    colours = [owner.get(key, style.GREY) for key in strokes]
    lines = LineCollection(list(strokes.values()), colors=colours, lw=0.45, alpha=0.7)
    axes.add_collection(lines)
    for arm, known, colour in arms:
        r, theta = (np.array(known["points"][k]) for k in ("r", "theta"))
        kept = project(r, theta, agreed.disk)
        axes.plot(*kept.T, ".", ms=1.0, color=colour, alpha=0.5, mew=0)
        _line(axes, outlines.arm_line(agreed.disk, arm), colour, 1.8)
    axes.set_title(f"{len(strokes)} drawn arms, {len(arms)} fitted")


def _arm_plane(axes: Axes, arms: list) -> None:
    """Draw arm points and fits as ln r against polar angle, in the disk's plane.

    A logarithmic spiral is a straight line there, of slope tan(pitch angle).
    """
    axes.set_title("pitch angles" if arms else "no arms")
    if not arms:
        style.bare(axes)
        return
    for arm, known, colour in arms:
        theta, r = np.degrees(known["points"]["theta"]), known["points"]["r"]
        axes.semilogy(theta, r, ".", ms=1.5, mew=0, color=colour, alpha=0.5)
        t = np.linspace(arm.t_min, arm.t_max, 50)
        r = arm.A * np.exp(t * np.tan(np.radians(arm.phi)))
        error = known["pitch_angle_err"]
        label = f"{abs(arm.phi):.1f}" + (rf" $\pm$ {error:.1f}" if error else "") + "°"
        axes.semilogy(np.degrees(t), r, color=colour, lw=1.8, label=label)
    axes.set(xlabel="polar angle in the disk [deg]", ylabel="radius [px]")
    axes.yaxis.set(label_position="right", ticks_position="both")
    axes.tick_params(axis="y", labelleft=False, labelright=True)
    style.log_ticks(axes.yaxis, RADII)
    axes.legend(loc="best", labelspacing=0.2)


def _scale_bar(axes: Axes, extent: Extent) -> None:
    """Draw a bar of a round number of arcsec, about a fifth of the panel wide."""
    left, right, bottom, top = extent
    wanted = 0.22 * (right - left) * PIXEL
    length = min(BAR_LENGTHS, key=lambda a: abs(np.log(a / wanted)))
    x0, y = left + 0.05 * (right - left), bottom + 0.06 * (top - bottom)
    x1 = x0 + length / PIXEL
    axes.plot([x0, x1], [y, y], color="black", lw=1.6, solid_capstyle="butt",
              path_effects=style.cased(1.6))  # fmt: skip
    axes.text((x0 + x1) / 2, y + 0.02 * (top - bottom), f"{length}″", ha="center",
              va="bottom", fontsize=8, path_effects=style.cased(0.6))  # fmt: skip


def _compass(axes: Axes, wcs: WCS, shape: tuple[int, int]) -> None:
    """Draw arrows to north and east in the upper right corner."""
    ny, nx = shape
    matrix = plane_matrix(wcs, nx / 2, ny / 2)
    x, y, length = 0.80 * nx, 0.78 * ny, 0.1 * min(nx, ny)
    for label, sky in (("E", (1, 0)), ("N", (0, 1))):
        step = np.linalg.solve(matrix, sky)
        dx, dy = length * step / np.linalg.norm(step)
        axes.annotate("", (x + dx, y + dy), (x, y),
                      arrowprops={"arrowstyle": "-|>", "lw": 0.8, "color": "black",
                                  "shrinkA": 0, "shrinkB": 0})  # fmt: skip
        axes.text(x + 1.45 * dx, y + 1.45 * dy, label, ha="center", va="center",
                  fontsize=8, path_effects=style.cased(0.6))  # fmt: skip


def _line(axes: Axes, points: np.ndarray, colour: str, width: float) -> None:
    axes.plot(*points.T, color=colour, lw=width, path_effects=style.cased(width))


def _frame(axes: Axes, extent: Extent) -> None:
    x0, x1, y0, y1 = extent
    axes.set(xlim=(x0 - 0.5, x1 + 0.5), ylim=(y0 - 0.5, y1 + 0.5), aspect="equal")
    style.bare(axes)


def _zoom(model: Model, full: Extent) -> Extent:
    """Return a square around the disk, inside the image if it fits."""
    if (disk := model.disk) is None:
        return full
    half = min(2.2 * disk.Re, max(full) / 2)
    return (disk.mux - half, disk.mux + half, disk.muy - half, disk.muy + half)
