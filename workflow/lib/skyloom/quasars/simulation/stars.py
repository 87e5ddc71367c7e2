"""Stars of all kinds that surveys of quasars meet, from M dwarfs to white dwarfs.

A star is a blackbody with a Balmer jump and the blanketing of its metals, times
lines and molecular bands whose strengths follow its temperature and metallicity.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation import frame
from skyloom.quasars.simulation.frame import LIGHT, PIXEL_LN, SIZE, WAVE, pixel
from skyloom.quasars.simulation.lines import add_teeth, add_weak
from skyloom.quasars.simulation.tables import columns, names

# Without blanketing. SD are hot subdwarfs (Geier et al. 2017, A&A 600, A50), whose
# lines fade with their temperature; DC have none, and no Balmer jump.
DEGENERATE = ("DA", "DB", "DC", "DZ", "DQ", "MAGNETIC", "WDM", "SD")
_CK2 = 143_877_688.0  # hc/k in Å K
_LN10 = np.log(10.0)


def draw_kinds(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw names of the table ``stars`` by their shares, shape (n,), object."""
    share = columns("stars")[0]
    return rng.choice(names("stars"), n, p=share / share.sum())


def draw_stars(kind: np.ndarray, rng: np.random.Generator):
    """Draw stars of kinds (n,), names of the table ``stars``.

    Returns their light (n, SIZE), float32, in no particular unit, and redshifts (n,).
    """
    n = len(kind)
    row = dict(zip(names("stars"), columns("stars")[1:].T, strict=True))
    low, high = np.array([row[k] for k in kind]).reshape(n, 2).T
    temperature = low * (high / low) ** rng.random(n)
    metal = np.clip(rng.normal(-0.9, 0.7, n), -2.6, 0.4)
    speed = rng.normal(0, 110, n)
    dwarf = np.isin(kind, DEGENERATE)
    flux = _continuum(temperature, metal, dwarf, rng, kind == "DC")
    depth = np.zeros((n, SIZE), dtype=np.float32)
    shift = speed / frame.PIXEL
    _hydrogen(depth, kind, temperature, shift, rng)
    _metals(depth, dwarf, temperature, metal, shift, rng)
    _molecules(depth, kind, temperature, metal, shift, rng)
    _peculiar(depth, kind, shift, rng)
    flux = flux * np.exp(-depth) * _veil(n, rng)
    _emit(flux, kind, shift, rng)
    return _companions(flux, kind, rng), speed / LIGHT


def planck(temperature: np.ndarray) -> np.ndarray:
    """Return blackbodies f_λ of (n,) temperatures (K), 1 at 5000 Å, (n, SIZE)."""
    wave = WAVE.astype(np.float32)
    hot = np.float32(_CK2) / np.asarray(temperature, dtype=np.float32)[:, None]
    body = (wave / 5000.0) ** -5 / np.expm1(hot / wave)
    return body * np.expm1(hot / np.float32(5000.0))


def _continuum(temperature, metal, dwarf, rng, bare=False) -> np.ndarray:
    n = len(temperature)
    place, dex = columns("balmer_jump")
    jump = np.interp(np.log(temperature), np.log(place), dex)
    jump = (
        jump
        * np.where(bare, 0.0, np.where(dwarf, 0.25, 1.0))
        * 10.0 ** rng.normal(0, 0.06, n)
    )
    place, fold = columns("blanketing")
    fold = np.interp(np.log(temperature), np.log(place), fold)
    fold = fold * 10.0 ** (0.28 * metal + rng.normal(0, 0.06, n)) * ~dwarf
    # The pile-up of high lines softens the jump between 3650 and 3850 Å.
    edge = 1 / (1 + np.exp((WAVE - 3720.0) / 28.0))
    blue = np.clip((5000.0 - WAVE) / 1200.0, 0, 1.2) ** 1.2
    damp = _LN10 * jump[:, None] * edge + fold[:, None] * blue
    extra = np.exp(-damp.astype(np.float32))
    reddening = rng.exponential(0.03, n)
    law = 0.92 * 3.1 * (WAVE / 5500.0) ** -1.3
    dust = np.exp(-_LN10 * 0.4 * reddening[:, None] * law).astype(np.float32)
    # Hydrogen makes the continuum of A and F stars bluer than a blackbody.
    bluer = 0.06 + 0.32 * np.exp(-((np.log(temperature / 9500.0) / 0.32) ** 2))
    return planck(temperature * (1 + bluer * ~dwarf)) * extra * dust


def _veil(n: int, rng) -> np.ndarray:
    """Return the unresolved lines and all that the model lacks: 1 ± some per cent."""
    coarse = rng.normal(0, 0.015, (n, 24))
    nodes = np.linspace(0, SIZE - 1, 24)
    left = np.minimum(np.arange(SIZE) * 23 // (SIZE - 1), 22)
    part = np.arange(SIZE) / nodes[1] - left
    veil = 1 + coarse[:, left] * (1 - part) + coarse[:, left + 1] * part
    return veil.astype(np.float32)


def _lines(depth, rest, width, fwhm, wing, shift) -> None:
    """Add lines of rest (m,) Å to depths; widths (n, m) Å, FWHM (n, m or 1) Å."""
    sigma = np.maximum(fwhm / 2.3548 / (rest * PIXEL_LN), 1.0)
    centre = pixel(rest) + shift[:, None]
    add_weak(depth, np.arange(len(width)), rest, centre, width, sigma, wing)


def _hydrogen(depth, kind, temperature, shift, rng) -> None:
    rest, width = columns("balmer")
    ln = np.log(temperature / 9000.0)
    normal = np.exp(-0.5 * (ln / np.where(ln < 0, 0.24, 0.55)) ** 2)
    degenerate = 2.4 * np.exp(-0.5 * (np.log(temperature / 12_500.0) / 0.55) ** 2)
    white = np.isin(kind, ("DA", "WDM"))
    bare = np.isin(kind, ("DB", "DC", "DZ", "DQ", "MAGNETIC", "CV", "CARBON"))
    size = np.where(white, degenerate, normal) * np.where(bare, 0, 1)
    size = size * 10.0 ** rng.normal(0, 0.08, len(kind))
    fwhm = np.where(white, 55.0, 8.0 + 16.0 * normal)
    fwhm = fwhm * 10.0 ** rng.normal(0, 0.08, len(kind))
    # Pressure melts the high lines of white dwarfs.
    melted = np.where(white[:, None], np.linspace(1, -0.35, len(rest)), 1.0).clip(0)
    _lines(depth, rest, size[:, None] * width * melted, fwhm[:, None], 0.6, shift)
    rest, width = columns("paschen")
    some = size * ~white
    _lines(depth, rest, some[:, None] * width, fwhm[:, None], 0.3, shift)


def _metals(depth, dwarf, temperature, metal, shift, rng) -> None:
    rest, sigma, width, peak, spread = columns("metals")
    ln = np.log(temperature[:, None] / peak)
    size = width * np.where(ln > 0, np.exp(-0.5 * (ln / spread) ** 2), 1.0)
    size = size * 10.0 ** (0.42 * metal[:, None] + rng.normal(0, 0.08, size.shape))
    size = np.where(dwarf[:, None], 0, size)
    _lines(depth, rest, size, 2.3548 * sigma, 0.0, shift)


def _molecules(depth, kind, temperature, metal, shift, rng) -> None:
    cool = np.clip((4150.0 - temperature) / 900.0, 0, 1.6)
    size = np.where(kind == "M", 0.95, 0.6) * cool * 10.0 ** (0.15 * metal)
    size = np.where(kind == "CARBON", 0, size)
    _teeth(depth, "bands", size, shift, rng, 1)
    size = np.where(kind == "CARBON", rng.uniform(0.6, 2.2, len(kind)), 0.0)
    size = np.where(kind == "DQ", rng.uniform(0.1, 0.7, len(kind)), size)
    _teeth(depth, "carbon", size, shift, rng, -1)


def _teeth(depth, table, size, shift, rng, way: int) -> None:
    """Add bands that fade to the red (`way` 1) or to the blue (-1)."""
    some = np.flatnonzero(size > 0)
    if not len(some):
        return
    head, length, share = columns(table)
    place = pixel(head) + shift[some, None]
    strong = 10.0 ** rng.normal(0, 0.08, (len(some), len(head)))
    strong = size[some, None] * share * strong
    long = length / (head * PIXEL_LN) + 0 * strong
    view = depth if way > 0 else depth[:, ::-1]
    place = place if way > 0 else SIZE - 1 - place
    flipped = np.ascontiguousarray(view[some])
    flat = (v.ravel() for v in (place, strong, long))
    add_teeth(flipped, np.repeat(np.arange(len(some)), len(head)), *flat)
    view[some] = flipped


def _peculiar(depth, kind, shift, rng) -> None:
    """Add helium of DB and B stars, calcium of DZ, split lines of magnetic stars."""
    n = len(kind)
    rest, width = columns("helium")
    size = np.select([kind == "DB", kind == "B"], [rng.uniform(8, 22, n), 1.0], 0.0)
    broad = np.where(kind == "DB", 38.0, 9.0)[:, None]
    _lines(depth, rest, size[:, None] * width, broad, 0.5, shift)
    size = np.where(kind == "DZ", rng.uniform(8, 45, n), 0.0)[:, None]
    rest = np.array([3934.8, 3969.6, 4227.9, 3830.0, 5176.0])
    _lines(depth, rest, size * [1.0, 0.9, 0.3, 0.4, 0.25], 45.0, 0.7, shift)
    split = rng.uniform(15, 160, (n, 1)) * (rest[:1] / 4500.0)
    lines = np.array([6564.6, 4862.7, 4341.7, 4102.9])
    size = np.where(kind == "MAGNETIC", rng.uniform(4, 14, n), 0.0)[:, None]
    for side in (-1.0, 0.0, 1.0):
        moved = (side * split / (4500.0 * _LN10 * frame.STEP)).ravel()
        _lines(depth, lines, size + 0 * lines, 35.0, 0.3, shift + moved)


def _emit(flux, kind, shift, rng) -> None:
    """Add emission: cataclysmic variables, and active M dwarfs."""
    rest, width = columns("cataclysmic")
    some = np.flatnonzero(kind == "CV")
    if len(some):
        size = width * 10.0 ** rng.normal(0, 0.3, (len(some), 1))
        fwhm = rest * rng.uniform(700, 2200, (len(some), 1)) / LIGHT
        _emission(flux, some, rest, size, fwhm, shift)
    active = np.flatnonzero((kind == "M") & (rng.random(len(kind)) < 0.3))
    if len(active):
        size = rng.exponential(4.0, (len(active), 1)) * np.array([1.0, 0.8])
        balmer = np.array([6564.6, 4862.7])
        _emission(flux, active, balmer, size, 4.0, shift)


def _emission(flux, some, rest, width, fwhm, shift) -> None:
    lines = np.zeros((len(some), SIZE), dtype=np.float32)
    _lines(lines, rest, width, fwhm, 0.0, shift[some])
    flux[some] *= 1 + lines


def _companions(flux, kind, rng) -> np.ndarray:
    """Give white dwarfs of kind WDM their M dwarf."""
    some = np.flatnonzero(kind == "WDM")
    if len(some):
        cool, _ = draw_stars(np.full(len(some), "M", dtype=object), rng)
        at = slice(3000, 3400)
        share = rng.uniform(0.3, 1.5, (len(some), 1))
        ratio = flux[some, at].mean(axis=1) / cool[:, at].mean(axis=1)
        flux[some] += (share * ratio[:, None] * cool).astype(np.float32)
    return flux
