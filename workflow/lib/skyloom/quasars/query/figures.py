"""Pictures for inspectors: a stamp of each spectrum, a sheet of many, the histogram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import style
from skyloom.quasars.colours import LINES as LINE_COLOUR
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.query.select import line_names
from skyloom.quasars.query.strategies import MAX_ENTROPY
from skyloom.quasars.spectra.store import Store

LABELS = {
    "LYA": r"Ly$\alpha$",
    "CIV": "C IV",
    "CIII": "C III]",
    "MGII": "Mg II",
    "HBETA": r"H$\beta$",
    "HALPHA": r"H$\alpha$",
}
ABOVE = ("data", "axes fraction")
LETTERS = 5.2  # width of a line's name, in sizes of its letters
SMOOTH = 5  # pixels of the grid
SEEN = 0.5  # confidence from which a line is drawn as found
KEYS = ["targetid", "tileid", "expid"]
FLUX = "$f_\\lambda$\n[10$^{-17}$ erg/s/cm²/Å]"
STAMP = (style.PAGE_WIDTH, 2.3)  # [inch]
TILE = (2.35, 0.83)  # of a panel of a contact sheet [inch]


@dataclass(frozen=True, eq=False)
class Stamp:
    """A spectrum and what is written on it.

    `wave` are the lower edges of the pixels [Å]; `flux` and `ivar` 1e-17 erg/s/cm²/Å
    and its inverse square, each (size,); lines of the confidences `lines` are marked
    at `z`, none where it is NaN; `facts` and `reason` stand above.
    """

    name: str
    wave: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    z: float
    lines: dict[str, float]
    facts: str = ""
    reason: str = ""


def stamps_of(asked: pd.DataFrame, stores: Iterable[str | Path]) -> Iterator[Stamp]:
    """Yield the stamp of each target of a query (`Answer.table`), in its order.

    One store is open at a time.

    Raises
    ------
    ValueError
        An exposure that is in none of the stores.
    """
    wanted = pd.MultiIndex.from_frame(asked[[key.upper() for key in KEYS]])
    found: dict[int, tuple] = {}
    for path in stores:
        with Store(path) as store:
            present = pd.MultiIndex.from_frame(store.meta[KEYS])
            rows = pd.Series(np.arange(len(present)), present)
            rows = rows[~rows.index.duplicated()].reindex(wanted)
            here = np.flatnonzero(rows.notna())
            spectra = store.rows(rows.iloc[here].to_numpy(np.int64))
            for place, flux, ivar in zip(here, *spectra, strict=True):
                found[int(place)] = (store.grid.wave, flux, ivar)
    missing = sorted(set(range(len(asked))) - set(found))
    if missing:
        place = [int(number) for number in wanted[missing[0]]]
        msg = f"target, tile, exposure {place}: in no store of spectra"
        raise ValueError(msg)
    for place, (_, row) in enumerate(asked.iterrows()):
        yield _stamp_of(row, line_names(asked), *found[place])


@style.styled
def stamp_figure(stamp: Stamp) -> Figure:
    """Return one spectrum with its lines marked."""
    fig = Figure(figsize=STAMP)
    room = {"left": 0.105, "right": 0.99, "bottom": 0.17, "top": 0.76}
    axes = fig.subplots(gridspec_kw=room)
    _spectrum(axes, stamp, label=8.0)
    axes.set(xlabel="observed wavelength [Å]", ylabel=FLUX)
    fig.text(0.07, 0.95, stamp.name, va="center", weight="bold")
    fig.text(0.29, 0.95, stamp.facts, va="center", fontsize=8)
    fig.text(0.99, 0.95, stamp.reason, va="center", ha="right", fontsize=8)
    return fig


@style.styled
def contact_sheet(
    stamps: Sequence[Stamp], n_columns: int = 3, size: float = 4.5
) -> Figure:
    """Return many spectra on one sheet, in reading order, with letters of `size`."""
    n_rows = max(1, math.ceil(len(stamps) / n_columns))
    above, gap = 5.0 * size / 72, 6.6 * size / 72  # of a panel, between two [inch]
    width, height = TILE[0] * n_columns, (TILE[1] + gap) * n_rows + 0.2
    fig = Figure(figsize=(width, height))
    room = {"left": 0.02, "right": 0.98, "hspace": gap / TILE[1], "wspace": 0.08}
    room |= {"bottom": 0.3 / height, "top": 1 - above / height}
    axes = fig.subplots(n_rows, n_columns, squeeze=False, gridspec_kw=room).ravel()
    for panel in axes[len(stamps) :]:
        panel.set_axis_off()
    for panel, stamp in zip(axes, stamps, strict=False):
        _spectrum(panel, stamp, label=size)
        panel.tick_params(labelsize=size - 0.5, labelleft=False, length=1.5, pad=1)
        words = f"{stamp.name}\n{stamp.facts}"
        panel.set_title(words, fontsize=size, pad=2 * size + 2, loc="left")
    fig.text(0.5, 0.04 / height, "observed wavelength [Å]", fontsize=6, ha="center")
    return fig


def write_stamps(folder: str | Path, stamps: Iterable[Stamp], note: str) -> None:
    """Write ``<folder>/<target>.png`` for each stamp, with a note in its metadata."""
    for stamp in stamps:
        path = Path(folder) / f"{stamp.name}.png"
        style.save(stamp_figure(stamp), path, dpi=110, note=note)


@style.styled
def histogram(entropy: np.ndarray, n: int) -> Figure:
    """Return the distribution of vote entropy [nat] and the cut above which n are."""
    fig = style.figure(style.COLUMN_WIDTH, 2.4)
    axes = fig.subplots()
    axes.hist(entropy, bins=np.linspace(0, 1.1, 23), color=style.GREY, log=True)
    cut = np.sort(entropy)[-min(n, len(entropy))]
    axes.axvline(cut, color=style.BLACK)
    axes.axvline(MAX_ENTROPY, color=style.BLACK, lw=0.8, ls=":")
    style.note(axes, f"{n:,} above {cut:.3f}", corner="upper right")
    axes.set(xlabel="vote entropy [nat]", ylabel="exposures", xlim=(0, 1.12))
    return fig


def smoothed(flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
    """Return the ivar-weighted mean over `SMOOTH` pixels; NaN where nothing is near."""
    window = np.ones(SMOOTH)
    weight = np.convolve(ivar.astype(np.float64), window, "same")
    total = np.convolve(flux * ivar.astype(np.float64), window, "same")
    return np.divide(total, weight, out=np.full(len(flux), np.nan), where=weight > 0)


def _stamp_of(row: pd.Series, lines: list[str], wave, flux, ivar) -> Stamp:
    seen = {name: float(row[f"C_{name}"]) for name in lines}
    votes = "/".join(f"{row[f'C_{c}']:.2f}" for c in ("NOT", "QSO_LZ", "QSO_HZ"))
    z = float(row.get("Z", np.nan))
    facts = f"z = {z:.3f}, S/N {row.get('SN', np.nan):.1f}, not/low/high {votes}"
    name, reason = str(row["TARGETID"]), str(row.get("REASON", ""))
    return Stamp(name, wave, flux, ivar, z, seen, facts, reason)


def _spectrum(axes: Axes, stamp: Stamp, label: float) -> None:
    seen = stamp.ivar > 0
    line = smoothed(stamp.flux, stamp.ivar)
    raw = np.where(seen, stamp.flux, np.nan)
    axes.step(stamp.wave, raw, where="post", color=style.GREY, alpha=0.5, lw=0.5)
    axes.plot(stamp.wave, line, color=style.BLACK, lw=0.8)
    for first, last in _runs(~seen):
        right = stamp.wave[min(last, len(stamp.wave) - 1)]
        axes.axvspan(stamp.wave[first], right, color=style.GREY, alpha=0.2, lw=0)
    axes.set(xlim=stamp.wave[[0, -1]], ylim=_limits(line))
    axes.minorticks_off()  # they take half the time of a picture, and say nothing
    _marks(axes, stamp, label)


def _marks(axes: Axes, stamp: Stamp, size: float) -> None:
    shown, step, last = {}, 0, -np.inf
    points = axes.bbox.width / axes.figure.dpi * 72
    near = LETTERS * size / points * np.ptp(stamp.wave)
    for name in sorted(stamp.lines, key=LINES.get):
        wave = LINES[name] * (1 + stamp.z)
        if stamp.wave[0] <= wave <= stamp.wave[-1]:
            shown[name] = wave
    for name, wave in shown.items():
        confidence = stamp.lines[name]
        # Names that would touch take turns on two lines.
        step = 1 - step if wave - last < near else 0
        last = wave
        found = confidence >= SEEN
        colour = LINE_COLOUR if found else style.GREY
        axes.axvline(wave, color=colour, lw=0.8, ls="-" if found else ":", zorder=0.9)
        text = f"{LABELS[name]} {confidence:.2f}"
        place = {"xytext": (0, 1 + step * size), "textcoords": "offset points"}
        look = {"ha": "center", "va": "bottom", "fontsize": size, "color": colour}
        axes.annotate(text, (wave, 1), xycoords=ABOVE, **place, **look)


def _limits(line: np.ndarray) -> tuple[float, float]:
    good = line[np.isfinite(line)]
    if not good.size:
        return -1.0, 1.0
    low, high = np.percentile(good, [0.5, 99.5])
    room = 0.25 * (high - low) or 1.0
    return float(min(low, 0) - room), float(high + room)


def _runs(mask: np.ndarray) -> np.ndarray:
    """Return first and one past the last place of each run of True, shape (k, 2)."""
    steps = np.diff(np.r_[0, mask.astype(np.int8), 0])
    return np.stack([np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)], axis=1)
