"""What each kind of star shows: strengths, widths and places, without chance."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.modeling.physical_models import BlackBody
from skyloom.quasars.simulation import stars
from skyloom.quasars.simulation.frame import LIGHT, PIXEL_LN, SIZE, WAVE, pixel
from skyloom.quasars.simulation.tables import columns
from still import ONE_SIGMA, Still, seen_by

STEP = np.gradient(WAVE)


def kinds(*names):
    """Return names as the simulator has them."""
    return np.array(names, dtype=object)


def empty(n):
    """Return spectra without depth."""
    return np.zeros((n, SIZE), dtype=np.float32)


def at(light, wave):
    """Return spectra (n, SIZE) at a wavelength."""
    return light[:, int(np.rint(pixel(wave)))]


@pytest.mark.parametrize("wing", [0.0, 0.6])
def test_lines_have_their_area_width_and_place(wing):
    """Area in Å, full width at half maximum in Å, moved by pixels; 1 px at least."""
    depth = empty(2)
    rest, width = np.array([4500.0, 9000.0]), np.array([[2.0, 3.0]] * 2)
    fwhm = np.array([[40.0, 60.0]] * 2)
    stars._lines(depth, rest, width, fwhm, wing, np.array([0.0, 25.0]))
    halves = (slice(0, 2500), slice(2500, SIZE))
    for i, moved in ((0, 0), (1, 25)):
        for part, area, wide, centre in zip(
            halves, width[i], fwhm[i], rest, strict=True
        ):
            own, wave = depth[i, part], WAVE[part]
            assert (own * STEP[part]).sum() == pytest.approx(area, rel=0.012)
            above = wave[own > own.max() / 2]
            assert above[-1] - above[0] == pytest.approx(wide, abs=5)
            assert wave[own.argmax()] == pytest.approx(
                centre * np.exp(moved * PIXEL_LN), abs=1.1
            )
    one = empty(1)
    narrow = np.array([[0.1]])
    stars._lines(one, WAVE[1000:1001], narrow, narrow, 0.0, np.zeros(1))
    assert one[0, 1001] / one[0, 1000] == pytest.approx(np.exp(-0.5), rel=1e-4)


def test_blackbodies_are_planck():
    """Astropy's blackbody, 1 at 5000 Å."""
    temperature = np.array([3000.0, 9000.0, 30_000.0])
    ours = stars.planck(temperature)
    for t, light in zip(temperature, ours, strict=True):
        body = BlackBody(t * u.K, scale=1.0 * u.erg / u.s / u.cm**2 / u.AA / u.sr)
        expected = body(WAVE * u.AA) / body(5000.0 * u.AA)
        assert light == pytest.approx(expected.value, rel=2e-4)


def _reddened(light, ebv):
    """Return a light free of its dust: A = 2.85 E(B-V) (λ / 5500 Å)^-1.3."""
    return light * 10 ** (0.4 * 0.92 * 3.1 * ebv * (WAVE / 5500.0) ** -1.3)


MEDIAN_DUST = 0.03 * np.log(2)


@pytest.mark.parametrize(
    ("temperature", "bluer"),
    [(9500.0, 0.38), (9500 * np.exp(-0.32), 0.06 + 0.32 / np.e), (30_000.0, 0.0615)],
)
def test_the_red_continuum_is_a_bluer_blackbody(temperature, bluer):
    """Hydrogen makes it so, most of all at 9500 K; white dwarfs are blackbodies."""
    for dwarf, more in ((False, bluer), (True, 0.0)):
        light = stars._continuum(
            np.array([temperature]), np.zeros(1), np.array([dwarf]), Still()
        )
        body = stars.planck(np.array([temperature * (1 + more)]))
        ratio = (_reddened(light, MEDIAN_DUST) / body)[0]
        assert ratio[WAVE > 5100] == pytest.approx(1.0, rel=4e-3)
    dusty = stars._continuum(
        np.array([temperature]), np.zeros(1), np.array([True]), Still(0.9)
    )
    ratio = _reddened(dusty, 0.03 * np.log(10))[0] / stars.planck([temperature])[0]
    assert ratio[WAVE > 5100] == pytest.approx(1.0, rel=1e-3)


def _damped(temperature, metal, dwarf, q=0.5):
    """Return -ln of what jump and blanketing leave of a star's light."""
    t = np.array([temperature])
    light = stars._continuum(t, np.array([metal]), np.array([dwarf]), Still(q))
    bluer = 0.06 + 0.32 * np.exp(-((np.log(temperature / 9500.0) / 0.32) ** 2))
    body = stars.planck(t * (1 + bluer * (not dwarf)))
    return -np.log(_reddened(light, -0.03 * np.log(1 - q)) / body)


def test_the_balmer_jump_has_its_depth_and_softness():
    """0.45 dex at 9000 K, half of it at 3720 Å; a quarter for white dwarfs."""
    place, dex = columns("balmer_jump")
    full = dex[list(place).index(9000)] * np.log(10)
    jump = _damped(9000.0, 0.0, False)
    assert at(jump, 3560.0)[0] == pytest.approx(full * 0.9967, rel=3e-3)
    assert at(jump, 3720.0)[0] == pytest.approx(full / 2, rel=1.2e-2)
    assert at(jump, 3692.0)[0] == pytest.approx(full / (1 + np.exp(-1)), rel=1.2e-2)
    assert at(jump, 3748.0)[0] == pytest.approx(full / (1 + np.e), rel=2e-2)
    dwarf = _damped(9000.0, 0.0, True)
    assert at(dwarf, 3560.0)[0] == pytest.approx(full / 4 * 0.9967, rel=5e-3)
    more = at(_damped(9000.0, 0.0, False, ONE_SIGMA), 3600.0)
    assert np.log10(more / at(jump, 3600.0))[0] == pytest.approx(0.06, abs=3e-3)


def test_blanketing_follows_its_table_and_the_metals():
    """e-folds at 3800 Å of the table, by 10^(0.28 [M/H]); none beyond 5000 Å."""
    place, fold = columns("blanketing")
    full = fold[list(place).index(3500)]
    solar, poor = (_damped(3500.0, m, False) for m in (0.0, -1.0))
    assert at(solar, 3800.0)[0] == pytest.approx(full, rel=2e-3)
    assert at(solar, 4400.0)[0] == pytest.approx(full * 0.5**1.2, rel=3e-3)
    assert at(solar, 3545.0)[0] == pytest.approx(full * 1.2**1.2, rel=1e-3)
    assert at(solar, 3570.0)[0] == pytest.approx(full * (1430 / 1200) ** 1.2, rel=1e-3)
    assert np.abs(at(solar, 5050.0)[0]) < 1e-3
    assert at(poor, 3800.0)[0] == pytest.approx(full * 10**-0.28, rel=4e-3)
    assert np.abs(at(_damped(3500.0, 0.0, True), 3800.0)[0]) < 1e-3
    more = _damped(3500.0, 0.0, False, ONE_SIGMA)
    assert at(more, 3800.0)[0] == pytest.approx(full * 10**0.06, rel=4e-3)


def test_the_veil_is_linear_between_nodes_of_one_and_a_half_per_cent():
    """24 nodes: 0.015 at each, 0.015 / sqrt(2) half-way, straight lines between."""
    veil = stars._veil(800, np.random.default_rng(1)) - 1
    node = np.rint(np.arange(24) * (SIZE - 1) / 23).astype(int)
    middle = (node[1:] + node[:-1]) // 2
    assert veil[:, node].std() == pytest.approx(0.015, rel=0.03)
    assert veil[:, middle].std() == pytest.approx(0.015 / np.sqrt(2), rel=0.03)
    assert veil.mean() == pytest.approx(0, abs=5e-4)
    expected = (veil[:, node[1:]] + veil[:, node[:-1]]) / 2
    assert veil[:, middle] == pytest.approx(expected, abs=4e-4)


def test_balmer_lines_peak_at_9000_kelvin(monkeypatch):
    """By exp(-1/2) where ln T is 0.24 lower or 0.55 higher; widths grow with them."""
    seen = seen_by(monkeypatch, stars, "_lines")
    t = 9000.0 * np.exp([0.0, -0.24, 0.55])
    kind = kinds("A", "F", "B")
    stars._hydrogen(empty(3), kind, t, np.array([0.0, 3.0, 0.0]), Still())
    (_, rest, width, fwhm, wing, shift), paschen = seen
    size = np.array([1.0, np.exp(-0.5), np.exp(-0.5)])
    assert rest[:2] == pytest.approx([6564.6, 4862.7])
    assert width == pytest.approx(size[:, None] * columns("balmer")[1])
    assert fwhm[:, 0] == pytest.approx(8 + 16 * size)
    assert (wing, list(shift)) == (0.6, [0.0, 3.0, 0.0])
    assert paschen[1].min() > 8600
    assert paschen[2] == pytest.approx(size[:, None] * columns("paschen")[1])
    assert paschen[3][:, 0] == pytest.approx(8 + 16 * size)
    assert paschen[4] == 0.3
    stars._hydrogen(empty(3), kind, t, np.zeros(3), Still(ONE_SIGMA))
    assert seen[2][2] / width == pytest.approx(10**0.08)
    assert seen[2][3] / fwhm == pytest.approx(10**0.08)


def test_balmer_lines_of_white_dwarfs(monkeypatch):
    """2.4 times as strong at 12,500 K, 55 Å wide, the highest melted; no Paschen."""
    seen = seen_by(monkeypatch, stars, "_lines")
    t = 12_500.0 * np.exp([0.0, 0.55, -0.55, 0.0])
    stars._hydrogen(empty(4), kinds("DA", "DA", "WDM", "DC"), t, np.zeros(4), Still())
    width, table = seen[0][2], columns("balmer")[1]
    size = 2.4 * np.array([1, np.exp(-0.5), np.exp(-0.5), 0])
    assert width[:, 0] == pytest.approx(size * table[0])
    assert width[0, 1] == pytest.approx(2.4 * (1 - 0.135) * table[1])
    assert width[0, 7] == pytest.approx(2.4 * 0.055 * table[7])
    assert not width[:, 8:].any()
    assert (seen[0][3][:3] == 55).all()
    assert not seen[1][2][[0, 1, 2]].any()
    assert not seen[1][2][3].any()


@pytest.mark.parametrize("kind", ["DB", "DC", "DZ", "DQ", "MAGNETIC", "CV", "CARBON"])
def test_stars_without_hydrogen_lines_of_their_own(monkeypatch, kind):
    """None in either series."""
    seen = seen_by(monkeypatch, stars, "_lines")
    stars._hydrogen(empty(1), kinds(kind), np.array([9000.0]), np.zeros(1), Still())
    assert not seen[0][2].any()
    assert not seen[1][2].any()


def test_metals_fade_to_the_hot_side(monkeypatch):
    """Full up to their temperature; exp(-1/2) a spread beyond; 10^(0.42 [M/H])."""
    seen = seen_by(monkeypatch, stars, "_lines")
    rest, sigma, width, peak, spread = columns("metals")
    hot = peak[0] * np.exp(spread[0])
    t = np.array([peak[0], hot, 0.5 * peak.min(), hot])
    metal = np.array([0.0, 0.0, -1.0, 0.0])
    dwarf = np.array([False, False, False, True])
    stars._metals(empty(4), dwarf, t, metal, np.zeros(4), Still())
    _, places, found, fwhm, wing, _ = seen[0]
    assert places == pytest.approx(rest)
    assert found[0, 0] == pytest.approx(width[0])
    assert found[1, 0] == pytest.approx(width[0] * np.exp(-0.5))
    assert found[2] == pytest.approx(width * 10**-0.42)
    assert not found[3].any()
    assert fwhm == pytest.approx(np.sqrt(8 * np.log(2)) * sigma, rel=1e-4)
    assert wing == 0
    stars._metals(empty(1), dwarf[:1], t[:1], metal[:1], np.zeros(1), Still(ONE_SIGMA))
    assert seen[1][2][0] / found[0] == pytest.approx(10**0.08)


def test_bands_grow_below_4150_kelvin(monkeypatch):
    """By 900 K, up to 1.6; 0.95 in M dwarfs, 0.6 in others; carbon stars have C2."""
    seen = seen_by(monkeypatch, stars, "_teeth")
    kind = kinds("M", "K", "M", "M", "M", "CARBON", "DQ")
    t = np.array([3250.0, 3250.0, 4150.0, 2650.0, 3250.0, 3250.0, 9000.0])
    metal = np.array([0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0])
    stars._molecules(empty(7), kind, t, metal, np.zeros(7), Still(0.25))
    (_, name, size, _, _, way), (_, other, carbon, _, _, back) = seen
    assert (name, way, other, back) == ("bands", 1, "carbon", -1)
    assert size == pytest.approx(
        [0.95, 0.6, 0, 0.95 * 1.6, 0.95 * 10**-0.15, 0, 0], abs=1e-12
    )
    assert carbon == pytest.approx([0, 0, 0, 0, 0, 1.0, 0.25])


@pytest.mark.parametrize("way", [1, -1])
def test_bands_fade_over_their_length(monkeypatch, way):
    """From the head to the red, or to the blue, with the star's speed."""
    monkeypatch.setattr(stars, "columns", lambda _: np.array([[6000.0], [90.0], [0.7]]))
    depth = empty(2)
    size, shift = np.array([0.0, 2.0]), np.array([0.0, 5.0])
    stars._teeth(depth, "bands", size, shift, Still(ONE_SIGMA), way)
    assert not depth[0].any()
    head = pixel(6000.0) + 5.0
    off = way * (np.arange(SIZE) - head)
    long = 90.0 / (6000.0 * PIXEL_LN)
    tail = (off > 0) & (off < 2 * long)
    expected = 1.4 * 10**0.08 * np.exp(-off[tail] / long)
    assert depth[1, tail] == pytest.approx(expected, rel=1e-4)
    assert not depth[1, off < -20].any()
    shoulder = (off < 0) & (off > -5)
    expected = 1.4 * 10**0.08 * np.exp(-0.5 * (off[shoulder] / 2.5) ** 2)
    assert depth[1, shoulder] == pytest.approx(expected, rel=1e-4)


def test_helium_calcium_and_split_lines(monkeypatch):
    """Helium of DB and B, calcium of DZ, three components of magnetic stars."""
    seen = seen_by(monkeypatch, stars, "_lines")
    kind = kinds("DB", "B", "DZ", "MAGNETIC", "A")
    stars._peculiar(empty(5), kind, np.arange(5.0), Still(0.25))
    helium, calcium, *split = seen
    table = columns("helium")[1]
    assert helium[2][:2] == pytest.approx(np.outer([8 + 14 / 4, 1.0], table))
    assert not helium[2][2:].any()
    assert helium[3].ravel()[:2] == pytest.approx([38, 9])
    assert helium[4] == 0.5
    # H and K of Ca II, Ca I 4227, Mg I 3830 and 5176: K the strongest of all.
    assert calcium[1] == pytest.approx([3934.8, 3969.6, 4227.9, 3830.0, 5176.0])
    expected = (8 + 37 / 4) * np.array([1.0, 0.9, 0.3, 0.4, 0.25])
    assert calcium[2][2] == pytest.approx(expected)
    assert not calcium[2][[0, 1, 3, 4]].any()
    assert (calcium[3], calcium[4]) == (45.0, 0.7)
    assert [s[1].tolist() for s in split] == [[6564.6, 4862.7, 4341.7, 4102.9]] * 3
    for s in split:
        assert s[2][3] == pytest.approx(np.full(4, 6.5))
        assert not s[2][[0, 1, 2, 4]].any()
        assert (s[3], s[4]) == (35.0, 0.3)
    moved = np.array([s[5] - np.arange(5.0) for s in split])
    wide = (15 + 145 / 4) * 3934.8 / 4500  # Å at 4500 Å
    assert moved[1] == pytest.approx(0)
    assert moved[2] * 4500 * PIXEL_LN == pytest.approx(wide)
    assert moved[0] == pytest.approx(-moved[2])


def test_emission_of_cataclysmic_variables_and_active_dwarfs(monkeypatch):
    """Widths of the table, 700 to 2200 km/s; three M dwarfs in ten are active."""
    seen = seen_by(monkeypatch, stars, "_emission")
    flux = np.ones((3, SIZE), dtype=np.float32)
    kind = kinds("A", "CV", "M")
    stars._emit(flux, kind, np.zeros(3), Still(0.25))
    (_, some, rest, width, fwhm, _), (_, active, balmer, size, narrow, _) = seen
    assert (some, active) == ([1], [2])
    low = Still(0.25).normal(0, 0.3)
    assert width[0] == pytest.approx(columns("cataclysmic")[1] * 10**low)
    assert (fwhm / rest * LIGHT)[0] == pytest.approx(np.full(len(rest), 1075.0))
    assert balmer == pytest.approx([6564.6, 4862.7])
    assert size[0] == pytest.approx(-4 * np.log(0.75) * np.array([1.0, 0.8]))
    assert narrow == 4.0
    assert (flux[0] == 1).all()
    near = np.abs(WAVE - 6564.6) < 30
    found = ((flux[2] - 1) * STEP)[near].sum()
    assert found == pytest.approx(-4 * np.log(0.75), rel=0.02)
    quiet = np.ones((1, SIZE), dtype=np.float32)
    stars._emit(quiet, kinds("M"), np.zeros(1), Still(0.32))
    assert (quiet == 1).all()
    stars._emit(quiet, kinds("M"), np.zeros(1), Still(0.28))
    assert quiet.max() > 1


@pytest.mark.parametrize("q", [0.2, 0.5])
def test_companions_bring_their_share_of_light(q):
    """0.3 to 1.5 of the white dwarf's, where 7072 to 7754 Å is looked at."""
    flux = np.ones((2, SIZE), dtype=np.float32)
    out = stars._companions(flux.copy(), kinds("DA", "WDM"), Still(q))
    assert (out[0] == 1).all()
    share = (out[1] - 1)[3000:3400].mean()
    assert share == pytest.approx(0.3 + 1.2 * q, rel=1e-3)
    beyond = (out[1] - 1)[3400:3420].mean() / (out[1] - 1)[2980:3000].mean()
    assert beyond > 1.05


def test_temperatures_metals_and_speeds(monkeypatch):
    """Temperatures geometric in the kind's range; [M/H] -0.9 ± 0.7 within limits."""
    seen = seen_by(monkeypatch, stars, "_metals")
    kind = kinds("M", "A", "DB")
    for q in (0.25, ONE_SIGMA, 1e-3, 1 - 1e-3):
        _, z = stars.draw_stars(kind, Still(q))
        assert z == pytest.approx(Still(q).normal(0, 110) / LIGHT)
    temperature = seen[0][2]
    low, high = np.array([2700, 7400, 11_000.0]), np.array([3850, 11_500, 28_000.0])
    assert temperature == pytest.approx(low**0.75 * high**0.25)
    assert seen[1][3] == pytest.approx(-0.2)
    assert [seen[2][3][0], seen[3][3][0]] == pytest.approx([-2.6, 0.4])
    assert seen[0][1].tolist() == [False, False, True]
    # The depths' lines move by the speed that the redshift says.
    assert seen[1][4] == pytest.approx(110 / (LIGHT * PIXEL_LN))


def test_a_metal_line_lies_where_the_speed_moves_it():
    """Ca II K of a cool star at +110 km/s, in the light that comes out."""
    kind = kinds("K")
    fast, slow = (stars.draw_stars(kind, Still(q))[0][0] for q in (0.8413, 0.1587))
    near = np.abs(WAVE - 8544.4) < 25
    minima = [WAVE[near][light[near].argmin()] for light in (fast, slow)]
    assert np.diff(minima)[0] / 8544.4 * LIGHT == pytest.approx(-220, abs=70)
