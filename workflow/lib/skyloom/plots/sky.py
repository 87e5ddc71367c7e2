"""What a picture of the sky needs: a bar of its scale, and where north and east are."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from skyloom.plots import style

# Of a scale bar [arcsec]; whole minutes are written as such.
LENGTHS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200)
PART = 0.22  # of the panel's width, about that of a scale bar
NORTH_UP = np.array([[-1.0, 0.0], [0.0, 1.0]])  # east to the left


def scale_bar(axes: Axes, scale: float, colour: str = "black", size: float = 8) -> None:
    """Draw a bar of a round length in the lower left corner of a panel.

    The panel has its limits already; `scale` is the side of a pixel [arcsec], `size`
    that of the letters [pt].
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    wanted = PART * (right - left) * scale
    length = min(LENGTHS, key=lambda a: abs(np.log(a / wanted)))
    x0, y = left + 0.05 * (right - left), bottom + 0.06 * (top - bottom)
    x1 = x0 + length / scale
    line, words = (style.cased(width, _case(colour)) for width in (1.6, 0.6))
    axes.plot([x0, x1], [y, y], color=colour, lw=1.6, solid_capstyle="butt",
              path_effects=line, scalex=False, scaley=False)  # fmt: skip
    text = f"{length}″" if length < 60 else f"{length // 60}′"
    axes.text((x0 + x1) / 2, y + 0.02 * (top - bottom), text, ha="center", va="bottom",
              fontsize=size, color=colour, path_effects=words)  # fmt: skip


def compass(axes: Axes, matrix: np.ndarray = NORTH_UP, colour: str = "black") -> None:
    """Draw arrows to north and east in the upper right corner of a panel.

    `matrix` is `skyloom.sky.geometry.plane_matrix`; the panel has its limits already.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    nx, ny = right - left, top - bottom
    x, y, length = left + 0.80 * nx, bottom + 0.78 * ny, 0.1 * min(nx, ny)
    for label, sky in (("E", (1, 0)), ("N", (0, 1))):
        step = np.linalg.solve(matrix, sky)
        dx, dy = length * step / np.linalg.norm(step)
        axes.annotate("", (x + dx, y + dy), (x, y),
                      arrowprops={"arrowstyle": "-|>", "lw": 0.8, "color": colour,
                                  "shrinkA": 0, "shrinkB": 0})  # fmt: skip
        case = style.cased(0.6, _case(colour))
        axes.text(x + 1.45 * dx, y + 1.45 * dy, label, ha="center", va="center",
                  fontsize=8, color=colour, path_effects=case)  # fmt: skip


def _case(colour: str) -> str:
    return "black" if colour == "white" else "white"
