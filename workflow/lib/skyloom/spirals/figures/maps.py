"""Maps over pictures: a page of galaxies, and one galaxy with its votes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib import colors, patches
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import sky, style
from skyloom.spirals.figures.colours import ARMS, BARS, question
from skyloom.spirals.questions import asked, expected_shares, questions

LOOKS = (ARMS, BARS)
NAMES = ("arms", "bar")
TITLES = {"spiral": "arms", "bar": "bars"}
LEVELS = (0.2, 0.4, 0.6, 0.8)  # shares of volunteers that contours follow
DIM = 0.6  # of a picture under a tint
SIDE = 1.12  # of a panel [inch]
FULL = 0.8  # share from which a tint hides the picture
WIDE = 55  # characters of a line
RARE = 0.3  # probability of being asked below which answers are pale


@dataclass(frozen=True)
class Galaxy:
    """What a row of the page shows.

    Attributes
    ----------
    label : str
        Such as its name; written on the picture.
    picture : ndarray of uint8, shape (H, W, 3)
        Row 0 south.
    maps : mapping of str to ndarray, shape (2, h, w)
        Shares of arms and bar, by title: the volunteers' own, the network's, those of
        baselines; of the same field.
    overlaps : mapping of str to tuple of 2 float
        Soft IoU of arms and bar, by the same titles; NaN are not written.
    """

    label: str
    picture: np.ndarray
    maps: Mapping[str, np.ndarray]
    overlaps: Mapping[str, tuple[float, float]]


@style.styled
def gallery(galaxies: Sequence[Galaxy], drawn: str, *, across: bool = False) -> Figure:
    """Return a page: a row a galaxy, a column a map; `across`, the other way round.

    Shares are tints, and contours at 0.2, 0.4, ... on the picture of the map titled
    `drawn`. North is up, east is left.
    """
    titles = list(galaxies[0].maps)
    size = len(galaxies), len(titles) + 1
    if across:
        fig = style.figure(SIDE * size[0] + 0.2, SIDE * size[1] + 0.4)
        axes = fig.subplots(*size[::-1], squeeze=False).T
    else:
        fig, axes = style.panels(*size, SIDE, (0.05, 0.05))
        axes = np.atleast_2d(axes)
    for row, one in zip(axes, galaxies, strict=True):
        row[0].imshow(one.picture)
        contours(row[0], one.maps[drawn], one.picture.shape)
        _white(row[0], one.label)
        for panel, title in zip(row[1:], titles, strict=True):
            panel.imshow(tinted(one.picture, one.maps[title]))
            _white(panel, _overlap(one.overlaps.get(title)))
        for panel in row:
            style.bare(panel)
    for panel, title in zip(axes[0], [f"contours: {drawn}", *titles], strict=True):
        if across:
            panel.set_ylabel(title, fontsize=7.5)
        else:
            panel.set_title(title, fontsize=7.5)
    sky.compass(axes[0, 0], colour="white")
    keys = _keys("share of volunteers: {}")
    place = "outside lower center" if across else "lower center"
    fig.legend(handles=keys, loc=place, ncols=2, fontsize=7.5)
    return fig


@style.styled
def galaxy_figure(
    title: str,
    picture: np.ndarray,
    maps: np.ndarray,
    concentrations: np.ndarray,
    lines: Sequence[str] = (),
    scale: float = math.nan,
) -> Figure:
    """Return a picture, its maps of arms and bar, and the expected votes.

    North is up, east is left.

    Parameters
    ----------
    title : str
        Such as the file's name.
    picture : ndarray of uint8, shape (H, W, 3)
        Row 0 south.
    maps : ndarray, shape (2, h, w)
        Shares of arms and bar.
    concentrations : ndarray, shape (answers,)
        Of the votes.
    lines : sequence of str
        What was measured, one below the other.
    scale : float
        Side of a pixel of the picture [arcsec]; NaN: unknown, and no scale is drawn.
    """
    fig = style.figure(style.PAGE_WIDTH, 5.2)
    left, right = fig.subfigures(1, 2, width_ratios=(1, 1.25))
    upper, lower = left.subplots(2, 1)
    upper.imshow(picture)
    contours(upper, maps, picture.shape)
    lower.imshow(tinted(picture, maps))
    for panel in (upper, lower):
        style.bare(panel)
    sky.compass(upper, colour="white")
    if math.isfinite(scale):
        sky.scale_bar(upper, scale, "white")
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0)}
    lower.legend(handles=_keys("{}"), ncols=2, **place)
    upper.set_title("\n".join([title, *lines]), fontsize=7.5)
    _votes(right.subplots(), concentrations)
    return fig


def tinted(picture: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Return a dim grey picture with arms and bar in colour, as strong as their shares.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        The picture.
    maps : ndarray, shape (2, h, w)
        Shares; h and w may be others than H and W.
    """
    grey = DIM * picture.mean(axis=2) / 255
    rows, columns = (
        np.minimum((np.arange(n) * m) // n, m - 1)
        for n, m in zip(picture.shape[:2], maps.shape[1:], strict=True)
    )
    shown = np.repeat(grey[..., None], 3, axis=2)
    for look, one in zip(LOOKS, maps, strict=True):
        share = np.clip(one[np.ix_(rows, columns)] / FULL, 0, 1)[..., None]
        shown = shown * (1 - share) + np.array(colors.to_rgb(look)) * share
    return shown


def contours(axes: Axes, maps: np.ndarray, shape: tuple[int, ...]) -> None:
    """Draw contours of arms and bar at `LEVELS` on a picture of a shape."""
    for look, one in zip(LOOKS, maps, strict=True):
        levels = [level for level in LEVELS if one.min() < level < one.max()]
        if not levels:
            continue
        y, x = (
            (np.arange(m) + 0.5) * n / m - 0.5
            for m, n in zip(one.shape, shape[:2], strict=True)
        )
        axes.contour(x, y, one, levels, colors=look, linewidths=0.7)


def _white(axes: Axes, text: str) -> None:
    """Write on a dark picture."""
    case = style.cased(0.8, "black")
    style.note(axes, text, color="white", fontsize=6.5, path_effects=case)


def _overlap(pair: tuple[float, float] | None) -> str:
    if pair is None:
        return ""
    known = zip(NAMES, pair, strict=True)
    return "\n".join(
        f"{name} {value:.2f}" for name, value in known if np.isfinite(value)
    )


def _keys(label: str) -> list[patches.Patch]:
    pairs = zip(LOOKS, NAMES, strict=True)
    return [patches.Patch(color=c, label=label.format(name)) for c, name in pairs]


def _votes(axes: Axes, concentrations: np.ndarray) -> None:
    """Draw expected shares of answers and their deviations, by question."""
    shares, errors = expected_shares(concentrations)
    place, labels, at = 0.0, [], []
    for one, chance in zip(questions(), asked(shares), strict=True):
        share, error = shares[one.columns], errors[one.columns]
        y = place + np.arange(len(share))
        ends = np.array([np.minimum(error, share), np.minimum(error, 1 - share)])
        colour = question(one.name)
        bars = axes.barh(y, share, height=0.75, color=colour)
        whiskers = axes.errorbar(share, y, xerr=ends, fmt="none", ecolor="black")
        for line in whiskers[2]:
            line.set_linewidth(0.6)
        if chance < RARE:
            for bar in bars:
                bar.set(facecolor=colour, alpha=0.3)
        name = one.name.replace("-", " ")
        axes.text(
            1.03, y.mean(), f"{name}\nasked {chance:.0%}", fontsize=6, va="center"
        )
        labels += [answer.replace("-", " ") for answer in one.answers]
        at += y.tolist()
        place = y[-1] + 1.8
    axes.set_yticks(at, labels, fontsize=6)
    axes.set(xlim=(0, 1), ylim=(place - 0.8, -0.8), xlabel="share of votes, if asked")
    axes.yaxis.set_tick_params(length=0, which="both")


@style.styled
def nothing(why: str) -> Figure:
    """Return a figure that says why there is none."""
    figure = style.figure(style.COLUMN_WIDTH, 1.0)
    said = fill(why, WIDE)
    figure.text(0.02, 0.5, said, va="center", fontsize=7, parse_math=False)
    return figure
