"""Panels on a galaxy's arms: as drawn and as fitted on the image, and their pitch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, cycle, islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from skyloom.builder.aggregation.logspiral import deproject, project
from skyloom.builder.model import DrawnArm, Model, Sersic, SpiralArm
from skyloom.builder.products import outlines
from skyloom.builder.products.colours import ARM_COLOURS, PALE
from skyloom.plots import style

TURN = 2 * np.pi
DASHED = (0, (4, 2))  # the crowd's; what is fitted is solid
# Ticks of a logarithmic radius axis [px].
RADII = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300)


def colours(known: list, n_crowd: int) -> tuple[list[str], list[str]]:
    """Return the colours of fitted arms and of the crowd's, which share theirs.

    Parameters
    ----------
    known : list of mapping
        What is known of each fitted arm; ``crowd`` is the index of the crowd's, or
        None.
    n_crowd : int
        How many arms the crowd has.
    """
    fitted = list(islice(cycle(ARM_COLOURS), len(known)))
    of_crowd = {arm["crowd"]: one for arm, one in zip(known, fitted, strict=True)}
    rest = (ARM_COLOURS[i % len(ARM_COLOURS)] for i in count(len(known)))
    return fitted, [of_crowd.get(i) or next(rest) for i in range(n_crowd)]


def darker(colour: str) -> tuple[float, float, float]:
    """Return a shade of a colour that shows on lines of the colour itself."""
    return tuple(0.55 * part for part in to_rgb(colour))


def drawn_arms(
    axes: Axes, models: list[Model], crowd: Model, arms: list, fit: Model, known: list
) -> None:
    """Draw strokes, the crowd's arms (dashed) and fitted ones (solid) in one frame.

    A stroke has the colour of its arm; one of no arm is thin and pale.

    Parameters
    ----------
    models : list of Model
        The volunteers'.
    crowd, fit : Model
        The aggregate and the chosen model.
    arms, known : list of mapping
        What is known of the crowd's arms and of the fitted ones.
    """
    fitted, agreed = colours(known, len(arms))
    owner = {
        tuple(key): colour
        for arm, colour in zip(arms, agreed, strict=True)
        for key in arm["lines"]
    }
    strokes = {
        (i, j): arm.points
        for i, model in enumerate(models)
        for j, arm in enumerate(model.spiral)
        if isinstance(arm, DrawnArm)
    }
    stray = [line for key, line in strokes.items() if key not in owner]
    mine = {key: line for key, line in strokes.items() if key in owner}
    pale = LineCollection(stray, colors=PALE, lw=0.3, alpha=0.5, zorder=1)
    look = {"colors": [owner[key] for key in mine], "lw": 0.45, "alpha": 0.8}
    axes.add_collection(pale)
    axes.add_collection(LineCollection(list(mine.values()), **look, zorder=1.5))
    for arm, colour in zip(crowd.spiral, agreed, strict=True):
        line = outlines.arm_line(crowd.disk, arm)
        axes.plot(*line.T, color=darker(colour), lw=1.1, ls=DASHED, zorder=3)
    for arm, colour in zip(fit.spiral, fitted, strict=True):
        line = outlines.arm_line(fit.disk, arm)
        axes.plot(*line.T, color=colour, lw=1.8, path_effects=style.cased(1.2))
    axes.set_title(
        f"{len(strokes)} strokes; arms: {len(arms)} agreed, {len(known)} fitted"
    )


def pitch_angles(axes: Axes, crowd: Model, arms: list, fit: Model, known: list) -> None:
    """Draw each arm as the catalogue has it, as ln r against the angle in the disk.

    A logarithmic spiral is a straight line there, of slope tan(pitch angle). Behind
    lie the points that the crowd drew.
    """
    axes.set_title("pitch angles in the catalogue" if known else "arms of the crowd")
    if not known and not arms:
        axes.set_title("no arms")
        style.bare(axes)
        return
    fitted, agreed = colours(known, len(arms))
    plane = fit.disk or crowd.disk
    mates = {one["crowd"]: arm for arm, one in zip(fit.spiral, known, strict=True)}
    for i, (arm, colour) in enumerate(zip(arms, agreed, strict=True)):
        mate = mates.get(i) or crowd.spiral[i]
        r, theta = _crowd_points(arm["points"], crowd.disk, plane, mate)
        axes.semilogy(theta, r, ".", ms=1.8, mew=0, color=colour, alpha=0.35, zorder=1)
    for arm, one, colour in zip(fit.spiral, known, fitted, strict=True):
        _catalogued(axes, arm, one, colour)
    axes.set(xlabel="polar angle in the disk [deg]", ylabel="radius [px]", yscale="log")
    axes.yaxis.set(label_position="right", ticks_position="both")
    axes.tick_params(axis="y", labelleft=False, labelright=True)
    style.log_ticks(axes.yaxis, RADII)
    handles = [Line2D([], [], color=c, lw=1.8) for c in fitted]
    words = [_words(one) for one in known]
    if words:
        ends = [r for line in axes.lines[-len(words) :] for r in line.get_ydata()]
        low, high = min(ends) / 1.5, max(ends) * 1.3
        # Room above the lines for what is said of each.
        axes.set_ylim(low, high * (high / low) ** (0.07 + 0.1 * len(words)))
        axes.legend(handles, words, loc="upper left", fontsize=7, labelspacing=0.25,
                    handlelength=1.0, borderaxespad=0.3)  # fmt: skip


def _crowd_points(points: Mapping, drawn: Sersic, plane: Sersic, mate: SpiralArm):
    """Return radius [px] and angle [deg] of an arm's points in another disk's plane."""
    theta = np.array(points["theta"], float)
    r, turned = deproject(project(np.array(points["r"]), theta, drawn), plane)
    # As many whole turns as before, and then those that bring it to its mate.
    turned += TURN * np.round((theta + drawn.roll - plane.roll - turned) / TURN)
    away = (mate.t_min + mate.t_max) / 2 - np.median(turned)
    return r, np.degrees(turned + TURN * np.round(away / TURN))


def _catalogued(axes: Axes, arm: SpiralArm, known: Mapping, colour: str) -> None:
    """Draw a line of the catalogue's pitch angle, and its error, through the middle."""
    t, middle = np.linspace(arm.t_min, arm.t_max, 60), (arm.t_min + arm.t_max) / 2
    centre = arm.A * np.exp(middle * np.tan(np.radians(arm.phi)))

    def radius(pitch: float) -> np.ndarray:
        slope = known["chirality"] * np.tan(np.radians(pitch))
        return centre * np.exp((t - middle) * slope)

    angle, error = known["pitch_angle"], known["pitch_angle_err"] or 0.0
    ends = radius(max(angle - error, 0.0)), radius(min(angle + error, 89.0))
    axes.fill_between(np.degrees(t), *ends, color=colour, alpha=0.35, lw=0)
    axes.plot(np.degrees(t), radius(angle), color=colour, lw=1.2)


def _words(known: Mapping) -> str:
    angle = _angle(known["pitch_angle"], known["pitch_angle_err"])
    singles = [f"{k} {known[f'pitch_angle_{k}']:.1f}°" for k in ("crowd", "fit")
               if known.get(f"pitch_angle_{k}") is not None]  # fmt: skip
    doubt = [flag.replace("_", " ") for flag in known.get("flags") or ()][:1]
    return f"{angle}  ({'; '.join([', '.join(singles), *doubt])})"


def _angle(value: float, error: float | None) -> str:
    return f"{value:.1f}°" if not error else rf"{value:.1f}° $\pm$ {error:.1f}°"
