"""Figures of one galaxy: data, model, residual, what was drawn, and its arms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.wcs import WCS
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
    _data_row(fig, axes[0], image, tuned=tuned, fit=fit, white=white, mask=mask)
    drawn_shapes(axes[1, 0], volunteers, aggregate)
    drawn_arms(axes[1, 1], volunteers, aggregate)
    arm_plane(axes[1, 2], aggregate)
    full = (0.0, shape[1] - 1.0, 0.0, shape[0] - 1.0)
    for panel in axes[0]:
        _frame(panel, full)
    zoom = _zoom(aggregate, full)
    for panel in axes[1, :2]:
        _backdrop(panel, image, white)
        _frame(panel, zoom)
    scale_bar(axes[0, 0], full)
    scale_bar(axes[1, 1], zoom)
    if wcs is not None:
        compass(axes[0, 0], wcs, shape)
    fig.suptitle(_title(aggregate, tuned), fontsize=10, y=0.985)
    return fig


def _data_row(fig, axes, image, *, tuned, fit, white, mask) -> None:
    titles = ("image", "model", "residual")
    for panel, title in zip(axes, titles, strict=True):
        panel.set_title(title)
    if image is None:
        style.note(axes[0], "no image")
    else:
        style.image_panel(axes[0], image, white=white, mask=mask)
    if fit is None:
        for panel in axes[1:]:
            style.note(panel, _why(tuned))
        return
    style.image_panel(axes[1], fit["MODEL"], white=white)
    shown = style.residual_panel(axes[2], fit["RESIDUAL"], mask=mask)
    scale = axes[2].inset_axes([1.04, 0.0, 0.045, 1.0])
    fig.colorbar(shown, cax=scale, label=r"(data $-$ model) / $\sigma$")
    if tuned and tuned.get("model"):
        _model_lines(axes[1], from_dict(tuned["model"]))


def _model_lines(axes: Axes, model: Model) -> None:
    for name, part in model.components().items():
        _line(axes, outlines.isophote(part), COLOURS[name], 0.9)
    for arm in model.spiral:
        _line(axes, outlines.arm_line(model.disk, arm), COLOURS["spiral"], 0.9)


@style.styled
def drawn_shapes(axes: Axes, volunteers: Mapping, aggregate: Mapping) -> None:
    """Draw every volunteer's shapes, thin (dashed if not agreed), and the aggregate's.

    Outlines are at Re, as the clustering compares them.
    """
    models = _models(volunteers)
    handles = []
    for name in COMPONENTS:
        chosen = (aggregate.get("masks") or {}).get(name) or [False] * len(models)
        _crowd(axes, models, name, chosen)
        part = _model(aggregate).components().get(name)
        if part is not None:
            _line(axes, outlines.drawn(name, part), COLOURS[name], 1.8)
        n = sum(getattr(m, name) is not None for m in models)
        label = f"{name} {sum(map(bool, chosen))}/{n}"
        handles.append(Line2D([], [], color=COLOURS[name], lw=1.6, label=label))
    axes.legend(handles=handles, loc="lower left", handlelength=1.0, labelspacing=0.2,
                frameon=True, framealpha=0.75, edgecolor="none")  # fmt: skip
    axes.set_title("drawn shapes and aggregate")
    style.bare(axes)


def _crowd(axes: Axes, models, name: str, chosen) -> None:
    found = [getattr(m, name) for m in models]
    for inside, alpha, dash in ((False, 0.35, (0, (2, 2))), (True, 0.7, "solid")):
        lines = [
            outlines.drawn(name, part)
            for part, keep in zip(found, chosen, strict=True)
            if part is not None and bool(keep) is inside
        ]
        look = {"colors": COLOURS[name], "lw": 0.45, "alpha": alpha, "ls": [dash]}
        axes.add_collection(LineCollection(lines, **look))


@style.styled
def drawn_arms(axes: Axes, volunteers: Mapping, aggregate: Mapping) -> None:
    """Draw every stroke in the colour of its arm, kept points, and fitted spirals.

    A stroke that belongs to no arm is grey.
    """
    strokes = _strokes(volunteers)
    owner = _owners(aggregate)
    colours = [owner.get(key, style.GREY) for key in strokes]
    lines = list(strokes.values())
    axes.add_collection(LineCollection(lines, colors=colours, lw=0.45, alpha=0.7))
    model = _model(aggregate)
    if model.disk is not None:
        for i, (arm, fitted) in enumerate(_arms(model, aggregate)):
            colour = _arm_colour(i)
            points = fitted.get("points") or {"r": [], "theta": []}
            kept = outlines.from_disk_plane(model.disk, points["r"], points["theta"])
            axes.plot(*kept.T, ".", ms=1.0, color=colour, alpha=0.5, mew=0)
            _line(axes, outlines.arm_line(model.disk, arm), colour, 1.8)
    axes.set_title(f"{len(strokes)} drawn arms, {len(model.spiral)} fitted")
    style.bare(axes)


@style.styled
def arm_plane(axes: Axes, aggregate: Mapping) -> None:
    """Draw arm points and fits as ln r against polar angle, in the disk's plane.

    A logarithmic spiral is a straight line there, of slope tan(pitch angle).
    """
    model = _model(aggregate)
    axes.set_title("pitch angles" if model.spiral else "no arms")
    if not model.spiral:
        style.bare(axes)
        return
    for i, (arm, fitted) in enumerate(_arms(model, aggregate)):
        colour = _arm_colour(i)
        points = fitted.get("points") or {"r": [], "theta": []}
        theta = np.degrees(points["theta"])
        axes.semilogy(theta, points["r"], ".", ms=1.5, mew=0, color=colour, alpha=0.5)
        t = np.linspace(arm.t_min, arm.t_max, 50)
        r = arm.A * np.exp(t * np.tan(np.radians(arm.phi)))
        label = _pitch_label(arm.phi, fitted.get("pitch_angle_err"))
        axes.semilogy(np.degrees(t), r, color=colour, lw=1.8, label=label)
    axes.set(xlabel="polar angle in the disk [deg]", ylabel="radius [px]")
    axes.yaxis.set(label_position="right", ticks_position="both")
    axes.tick_params(axis="y", labelleft=False, labelright=True)
    style.log_ticks(axes.yaxis, RADII)
    axes.legend(loc="best", labelspacing=0.2)


def scale_bar(axes: Axes, extent: Extent) -> None:
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


def compass(axes: Axes, wcs: WCS, shape: tuple[int, int]) -> None:
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


def _model(aggregate: Mapping) -> Model:
    return from_dict(aggregate.get("model") or {})


def _models(volunteers: Mapping) -> list[Model]:
    return [from_dict(row["model"]) for row in volunteers["volunteers"]]


def _strokes(volunteers: Mapping) -> dict[tuple[int, int], np.ndarray]:
    return {
        (i, j): arm.points
        for i, model in enumerate(_models(volunteers))
        for j, arm in enumerate(model.spiral)
        if isinstance(arm, DrawnArm)
    }


def _owners(aggregate: Mapping) -> dict[tuple[int, int], str]:
    return {
        (line[0], line[1]): _arm_colour(i)
        for i, arm in enumerate(aggregate.get("arms") or [])
        for line in arm.get("lines") or []
    }


def _arm_colour(i: int) -> str:
    return ARM_COLOURS[i % len(ARM_COLOURS)]


def _arms(model: Model, aggregate: Mapping):
    fitted = aggregate.get("arms") or []
    return zip(model.spiral, [*fitted, *({},) * len(model.spiral)], strict=False)


def _line(axes: Axes, points: np.ndarray, colour: str, width: float) -> None:
    axes.plot(*points.T, color=colour, lw=width, path_effects=style.cased(width))


def _frame(axes: Axes, extent: Extent) -> None:
    x0, x1, y0, y1 = extent
    axes.set(xlim=(x0 - 0.5, x1 + 0.5), ylim=(y0 - 0.5, y1 + 0.5), aspect="equal")
    style.bare(axes)


def _zoom(aggregate: Mapping, full: Extent) -> Extent:
    """Return a square around the disk, inside the image if it fits."""
    disk = _model(aggregate).disk
    if disk is None:
        return full
    half = min(2.2 * disk.Re, max(full) / 2)
    return (disk.mux - half, disk.mux + half, disk.muy - half, disk.muy + half)


def _backdrop(axes: Axes, image: np.ndarray | None, white: float) -> None:
    if image is not None:
        shown = style.asinh_stretch(image, white)
        axes.imshow(shown, cmap=style.LIGHT_MAP, vmin=-0.12, vmax=1.9, zorder=-1)


def _pitch_label(phi: float, error: float | None) -> str:
    plus_minus = "" if error is None else rf" $\pm$ {error:.1f}"
    return f"{abs(phi):.1f}{plus_minus}°"


def _why(tuned: Mapping | None) -> str:
    if tuned is None:
        return "not fitted"
    return f"no fit: {tuned.get('reason') or tuned.get('status')}"


def _title(aggregate: Mapping, tuned: Mapping | None) -> str:
    text = f"subject {aggregate['subject_id']}"
    if tuned and tuned.get("chisq") is not None:
        text += rf"   $\chi^2_\nu$ = {tuned['chisq']:.2f}   start: {tuned['start']}"
    return text
