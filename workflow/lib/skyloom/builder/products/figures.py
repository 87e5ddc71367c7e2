"""The page of one galaxy: data, model, residual, profile, drawings, arms, odds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.images.cutout import Cutout
from skyloom.builder.model import COMPONENTS, Model, from_dict
from skyloom.builder.products import outlines
from skyloom.builder.products.arm_panels import DASHED, darker, drawn_arms, pitch_angles
from skyloom.builder.products.colours import COLOURS
from skyloom.builder.products.photometry import ZERO_POINT
from skyloom.builder.products.profile import (
    BRIGHTNESS,
    magnitudes,
    profile_panel,
    radial_profile,
)
from skyloom.builder.products.subject import iau_name
from skyloom.plots import sky, style
from skyloom.plots.images import asinh_stretch, image_panel, residual_panel, white_level
from skyloom.sky.geometry import plane_matrix

TITLES = ("image", "model", "residual", "radial profile")
SIDE, GAPS = 2.3, (0.12, 0.82)  # of the panels [inch]
Extent = tuple[float, float, float, float]
DARK = -0.12  # of `image_panel`
SOFT, NOISES = 0.04, 2.5  # softening: of the white level, or sigmas if that is more
SETS = 6  # of the sets of components, as many as there is room for


@style.styled
def galaxy(
    cutout: Cutout | None,
    volunteers: Mapping,
    aggregate: Mapping,
    fit: Mapping,
    planes: Mapping[str, np.ndarray] | None = None,
    *,
    reason: str = "",
) -> Figure:
    """Return eight panels on one galaxy.

    Above: image, model, residual and radial profile. Below: all drawn shapes with the
    crowd's and the fitted ones, the same of arms, how probable each component is, and
    the pitch angles of the catalogue.

    Parameters
    ----------
    cutout : Cutout or None
        Image, sigma, mask; None when the subject has no image, for a `reason`.
    volunteers, aggregate, fit : mapping
        Trees of ``volunteers/<id>.json``, ``aggregates/<id>.json`` and
        ``models/<id>.json``.
    planes : mapping of str to ndarray, shape (ny, nx), optional
        ``MODEL`` and the components [image units], and ``RESIDUAL`` [sigma]; absent for
        a failed fit.
    """
    fig, axes = style.panels(2, 4, SIDE, GAPS)
    shape = aggregate["shape"] if cutout is None else cutout.image.shape
    full = (0.0, shape[1] - 1.0, 0.0, shape[0] - 1.0)
    crowd, model = (from_dict(tree["model"] or {}) for tree in (aggregate, fit))
    drawn = [from_dict(row["model"]) for row in volunteers["volunteers"]]
    stretch = _stretch(cutout)
    why = f"no fit: {fit['reason']}"
    _image(fig, axes[0, :2], cutout, stretch, f"no image: {reason}")
    if planes is None or cutout is None:
        for panel in axes[0, 1:]:
            style.note(panel, why)
            style.bare(panel)
    else:
        _fit(fig, axes[0, 1:], cutout, planes, model, stretch)
    for panel, title in zip(axes[0], TITLES, strict=True):
        panel.set_title(title)
    known = fit.get("arms") or []
    _shapes(axes[1, 0], drawn, crowd, model, aggregate["masks"])
    drawn_arms(axes[1, 1], drawn, crowd, aggregate["arms"], model, known)
    _odds(axes[1, 2], fit)
    pitch_angles(axes[1, 3], crowd, aggregate["arms"], model, known)
    zoom = _zoom(model if model.disk else crowd, full)
    for panel in axes[1, :2]:
        if cutout is not None:
            shown = asinh_stretch(cutout.image, **stretch)
            panel.imshow(shown, cmap=style.LIGHT_MAP, vmin=DARK, vmax=1.9, zorder=-1)
        _frame(panel, zoom)
    for panel in axes[0, :3]:
        _frame(panel, full)
    for panel in (axes[0, 0], axes[1, 1]):
        sky.scale_bar(panel, PIXEL)
    if cutout is not None and cutout.wcs is not None:
        matrix = plane_matrix(cutout.wcs, shape[1] / 2, shape[0] / 2)
        sky.compass(axes[0, 0], matrix)
    fig.suptitle(_title(cutout, aggregate["subject_id"], fit, model), fontsize=11)
    return fig


def _title(cutout: Cutout | None, subject: int, fit: Mapping, model: Model) -> str:
    """Say which galaxy this is, what it is made of, and how well that fits."""
    name = "" if cutout is None else iau_name(cutout.metadata)
    words = [f"subject {subject}"] + ([f"SDSS {style.words(name)}"] if name else [])
    if fit["model"] is None:
        return " · ".join([*words, "no model"])
    chosen = _named(list(model.components()), len(model.spiral))
    weights = [one["weight"] for one in fit.get("sets") or () if _is(one, model)]
    words.append(chosen + (f" (weight {weights[0]:.2f})" if weights else ""))
    words.append(rf"reduced $\chi^2$ {fit['chisq']:.2f}")
    if fit["status"] != "converged":
        words.append(fit["status"].replace("_", " "))
    return " · ".join(words)


def _named(components: list[str], n_arms: int) -> str:
    arms = [f"{n_arms} arm{'s' if n_arms > 1 else ''}"] if n_arms else []
    return " + ".join([*(k for k in COMPONENTS if k in components), *arms])


def _is(one: Mapping, model: Model) -> bool:
    """Return whether a set of components is that of a model."""
    mine = set(model.components()) | ({"spiral"} if model.spiral else set())
    return set(one["components"]) == mine and one["n_arms"] == len(model.spiral)


def _stretch(cutout: Cutout | None) -> dict:
    """Return white level and softening: noise does not outshine faint light."""
    if cutout is None:
        return {"white": 1.0, "softening": SOFT}
    white = white_level(cutout.image, cutout.mask)
    noise = NOISES * float(np.median(cutout.sigma)) / white
    return {"white": white, "softening": min(max(SOFT, noise), 1.0)}


def _image(fig: Figure, axes, cutout: Cutout | None, stretch, why: str) -> None:
    """Show the image, and below it and the model's what its greys are."""
    if cutout is None:
        style.note(axes[0], why)
        return
    shown = image_panel(axes[0], cutout.image, mask=cutout.mask, **stretch)
    unit = cutout.multiplier / PIXEL**2
    bright, soft = magnitudes(stretch["white"], cutout.multiplier), stretch["softening"]
    faint = bright - 2.5 * np.log10(soft)
    mags = np.arange(np.ceil(bright), np.floor(faint + 1) + 1)
    flux = 10 ** (0.4 * (ZERO_POINT - mags)) / unit
    scale = _colour_bar(fig, axes[0], shown, BRIGHTNESS, 2)
    scale.set_ticks([0, *asinh_stretch(flux, **stretch)])
    scale.set_ticklabels(["sky", *(f"{mag:g}" for mag in mags)])


def _colour_bar(fig: Figure, axes: Axes, shown, label: str, n_panels: int = 1):
    """Put a bar below as many panels, without taking room from them."""
    width = n_panels + (n_panels - 1) * GAPS[0] / SIDE
    place = axes.inset_axes([0.0, -0.055, width, 0.035])
    bar = fig.colorbar(shown, cax=place, orientation="horizontal")
    bar.set_label(label, fontsize=8, labelpad=1)
    place.minorticks_off()
    place.tick_params(labelsize=7.5, length=2, pad=1.5, top=False)
    return bar


def _fit(fig: Figure, axes, cutout: Cutout, planes, model: Model, stretch) -> None:
    """Show the model with its outlines, what it leaves, and both along the radius."""
    image_panel(axes[0], planes["MODEL"], **stretch)
    for name, line in outlines.of_model(model):
        _line(axes[0], line, COLOURS[name], 0.9)
    shown = residual_panel(axes[1], planes["RESIDUAL"], mask=cutout.mask)
    _colour_bar(fig, axes[1], shown, r"(data $-$ model) / $\sigma$")
    images = {"data": cutout.image, "model": planes["MODEL"]}
    images |= {k: planes[k.upper()] for k in COLOURS if k.upper() in planes}
    ellipse = next(iter(model.components().values()))
    found = radial_profile(ellipse, images, cutout.sigma, cutout.mask)
    profile_panel(axes[2], found, cutout.multiplier)
    axes[2].yaxis.set(label_position="right", ticks_position="both")
    axes[2].tick_params(axis="y", labelleft=False, labelright=True)


def _shapes(axes: Axes, drawn: list[Model], crowd: Model, fit: Model, masks) -> None:
    """Draw all volunteers' shapes (pale if not agreed), the crowd's and the fitted.

    Outlines are at Re, as the clustering compares them.
    """
    handles = []
    for name in COMPONENTS:
        chosen = masks.get(name) or [False] * len(drawn)
        parts = [getattr(model, name) for model in drawn]
        for inside, alpha, width in ((False, 0.25, 0.3), (True, 0.6, 0.4)):
            lines = [
                outlines.drawn(name, part)
                for part, keep in zip(parts, chosen, strict=True)
                if part and keep is inside
            ]
            look = {"colors": COLOURS[name], "lw": width, "alpha": alpha}
            axes.add_collection(LineCollection(lines, **look))
        if part := getattr(crowd, name):
            line = outlines.drawn(name, part)
            axes.plot(*line.T, color=darker(COLOURS[name]), lw=1.1, ls=DASHED, zorder=3)
        if part := getattr(fit, name):
            _line(axes, outlines.isophote(part), COLOURS[name], 1.6)
        label = f"{name} {sum(chosen)}/{sum(part is not None for part in parts)}"
        handles.append(Line2D([], [], color=COLOURS[name], lw=1.6, label=label))
    for label, dash in (("crowd", DASHED), ("fit", "solid")):
        handles.append(Line2D([], [], color="black", lw=1.3, ls=dash, label=label))
    axes.legend(handles=handles, loc="lower left", handlelength=1.6, labelspacing=0.15,
                frameon=True, framealpha=0.8, edgecolor="none", fontsize=7,
                borderaxespad=0.2, borderpad=0.3)  # fmt: skip
    axes.set_title("drawn shapes")


def _odds(axes: Axes, fit: Mapping) -> None:
    """Draw how probable each component is, and list the sets that were fitted."""
    axes.set_title("probability of the components")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    style.bare(axes)
    if fit["model"] is None:
        style.note(axes, f"no fit: {fit['reason']}")
        return
    odds = {k: v for k, v in (fit.get("probability") or {}).items() if k in COLOURS}
    for i, (name, value) in enumerate(sorted(odds.items(), key=_rank)):
        y, word = 0.91 - 0.11 * i, "arms" if name == "spiral" else name
        axes.barh(y, value, 0.085, color=COLOURS[name], alpha=0.55, lw=0)
        axes.text(0.02, y, f"{word}  {value:.2f}", va="center", fontsize=8)
    y = 0.87 - 0.11 * len(odds)
    axes.axhline(y, color="black", lw=0.4)
    axes.text(0.02, y - 0.03, "weight of each fitted set", va="top", fontsize=8)
    model = from_dict(fit["model"])
    ranked = sorted(fit.get("sets") or (), key=lambda one: -one["weight"])
    for i, one in enumerate(ranked[:SETS]):
        words = f"{one['weight']:.2f}   {_named(one['components'], one['n_arms'])}"
        bold = "bold" if _is(one, model) else "normal"
        axes.text(0.02, y - 0.13 - 0.072 * i, words, va="top", fontsize=7.5,
                  fontweight=bold)  # fmt: skip


def _rank(item: tuple[str, float]) -> int:
    return list(COLOURS).index(item[0])


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
    half = min(1.9 * disk.Re, max(full) / 2)
    return (disk.mux - half, disk.mux + half, disk.muy - half, disk.muy + half)
