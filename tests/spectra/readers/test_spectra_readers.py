"""Readers: what they give of small files of known content."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from scipy.sparse import csr_array
from skyloom.io.desi import write_coadd
from skyloom.io.errors import InputError
from skyloom.io.spectra import Arm, Spectra, meta_table
from skyloom.spectra.readers.chunks import names_of, read_chunk
from skyloom.spectra.readers.cubes import read_cube, sky_of
from skyloom.spectra.readers.detect import kind_of, read_any
from skyloom.spectra.readers.manga import read_galaxy, stacked
from skyloom.spectra.readers.observed import at_rest
from skyloom.spectra.readers.single import read_single
from skyloom.spectra.rest.air import air_to_vacuum
from skyloom.spectra.rest.cuts import has_redshift
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.resample import C
from small_spectra import (
    NAME,
    PIXELS,
    SIDE,
    WAVE,
    Z,
    binning,
    chunk,
    cube,
    galaxy,
    line_spectra,
    sdss,
)

GRID = RestGrid(4100.0, 4e-4, 160)


def read(files, **options):
    order = [files[k] for k in ("spec", "wave", "table")]
    return list(read_chunk(*order, files.get("ivar"), **options))


def test_a_chunk_streams(tmp_path):
    """Batches hold all rows in order, with names from the file's name."""
    parts = read(chunk(tmp_path), size=5)
    assert [len(part) for part in parts] == [5, 5, 2]
    flux = np.concatenate([part.flux for part in parts])
    assert flux == pytest.approx(line_spectra(12).astype(np.float32))
    assert parts[0].info["plateifu"][:3].tolist() == [
        f"{n}-1901" for n in (8080, 8081, 8082)
    ]
    assert parts[1].info["r_re_light"][0] == pytest.approx(1.5 * 5 / 11)


def test_masked_and_broken_pixels(tmp_path):
    """NaN, infinite and ivar 0 are masked; flux there is 0 or finite."""
    files = chunk(tmp_path)
    flux, ivar = line_spectra(12), np.full((12, PIXELS), 400.0)
    flux[0, 3], flux[1, 4], ivar[2, 5], ivar[3, 6] = np.nan, np.inf, 0, np.nan
    np.save(files["spec"], flux)
    np.save(files["ivar"], ivar)
    one = read(files)[0]
    masked = np.argwhere(one.ivar == 0).tolist()
    assert masked == [[0, 3], [1, 4], [2, 5], [3, 6]]
    assert np.isfinite(one.flux).all()


def test_noise_from_the_table(tmp_path, caplog):
    """Without ivar the median S/N is meansn2, zeros are masked, and the log says so."""
    files = chunk(tmp_path, ivar=False)
    flux = line_spectra(12)
    flux[0, :7] = 0
    np.save(files["spec"], flux)
    one = read(files)[0]
    assert "no ivar file" in caplog.text
    assert (one.ivar[0, :7] == 0).all()
    sn = [
        np.median((f * np.sqrt(w))[w > 0])
        for f, w in zip(one.flux, one.ivar, strict=True)
    ]
    assert np.array(sn) == pytest.approx(20, rel=1e-5)


def test_wavelengths_of_each_row(tmp_path):
    """An array of wavelengths (n, p) goes row by row."""
    files = chunk(tmp_path)
    factor = 1 + 0.001 * np.arange(12)[:, None]
    np.save(files["wave"], WAVE * factor)
    parts = read(files, size=8)
    assert parts[1].wave == pytest.approx((WAVE * factor)[8:])
    assert at_rest(parts[1], GRID).flux.shape == (4, GRID.pixels)


def test_names_of_galaxies(tmp_path):
    """By plate-IFU, with the mangaID; by the table alone."""
    files = chunk(tmp_path)
    assert names_of(files["table"]) == {f"808{i}-1901": f"1-50{i}" for i in range(3)}
    files = chunk(tmp_path, fname=None)
    assert names_of(files["table"]) == {f"1-50{i}": f"1-50{i}" for i in range(3)}


def test_lines_come_to_their_place_at_rest(tmp_path):
    """From chunks with redshift and velocity, and from MaNGA's cubes."""
    velocity = np.linspace(-200, 200, 12)
    files = chunk(tmp_path, v_star=velocity)
    moved = (1 + Z) * (1 + velocity / 299792.458) - 1
    np.save(files["spec"], line_spectra(12, z=moved))
    (cubefile, maps) = galaxy(
        tmp_path,
        FLUX=line_spectra(36).T.reshape(PIXELS, SIDE, SIDE),
        STELLAR_VEL=np.zeros((SIDE, SIDE)),
    )
    for parts in (read(files), list(read_galaxy(cubefile, maps))):
        rest = at_rest(parts[0], GRID)
        excess = rest.flux - np.median(rest.flux, axis=1)[:, None]
        near = np.abs(GRID.wave - 4500) < 30
        centre = (excess * GRID.wave)[:, near].sum(1) / excess[:, near].sum(1)
        assert centre == pytest.approx(4500, abs=0.6)


def parts_light():
    """Return the mean flux of the four spaxels of the first bin."""
    return line_spectra(SIDE * SIDE).mean(axis=1).reshape(SIDE, SIDE)[1:3, 1:3]


def test_bins_of_a_galaxy(tmp_path):
    """The mean of the spaxels of a bin; places, radius, velocity, area."""
    files = galaxy(tmp_path)
    parts = list(read_galaxy(*files, size=7))
    assert sum(map(len, parts)) == 13 == len(np.unique(binning())) - 1
    info = parts[0].info
    assert set(info["plateifu"]) == {NAME}
    assert info["redshift"].to_numpy() == pytest.approx(Z)
    assert info["v_star"].to_numpy() == pytest.approx(60.0)
    assert info["area"][:2].tolist() == [1.0, 0.25]
    assert np.isnan(info["row"][0])
    assert (info["row"][1], info["column"][1]) == (1, 3)
    assert info["r_re_light"][1] == pytest.approx(np.hypot(0.25, 0.75) / 2)
    light = parts_light()
    radius = np.hypot(*(np.mgrid[:SIDE, :SIDE] * 0.5 - (SIDE - 1) / 4))[1:3, 1:3] / 2
    expected = (radius * light).sum() / light.sum()
    assert info["r_re_light"][0] == pytest.approx(expected, rel=2e-3)
    assert abs(radius.mean() / expected - 1) > 4e-3
    assert parts[0].flux[0] == pytest.approx(
        line_spectra(36).reshape(SIDE, SIDE, -1)[1:3, 1:3].mean((0, 1)), abs=0.12
    )
    assert parts[0].ivar[1] == pytest.approx(400)
    factor = 1 + 1.62 * np.log10(4)
    assert parts[0].ivar[0] == pytest.approx(1600 / factor**2, rel=1e-5)


def test_masks_of_a_galaxy(tmp_path):
    """Pixels of each bad bit are left out of the mean; others stay."""
    mask = np.zeros((PIXELS, SIDE, SIDE), np.int32)
    for pixel, bit in enumerate((0, 1, 2, 3, 10)):
        mask[pixel, 1, 1] = 1 << bit
    mask[5:8, 1, 1] = 1 << 4, 1 << 5, 1 << 9
    mask[20, 1:3, 1:3] = 1 << 10
    velocity = np.full((SIDE, SIDE), 1 << 30, np.int32)
    files = galaxy(tmp_path, MASK=mask, STELLAR_VEL_MASK=velocity)
    one = next(read_galaxy(*files))
    three, four = (n / (1 + 1.62 * np.log10(n)) ** 2 * 400 for n in (3, 4))
    assert one.ivar[0, :5] == pytest.approx(three, rel=1e-5)
    assert one.ivar[0, 5:9] == pytest.approx(four, rel=1e-5)
    assert one.ivar[0, 20] == one.flux[0, 20] == 0
    assert one.info["v_star"].isna().all()


@pytest.mark.parametrize("planes", [1, 2])
def test_dispersion_without_the_difference_of_resolution(tmp_path, planes):
    """It is removed in quadrature; a bin has none if masked, or if no more is seen."""
    shape = (SIDE, SIDE)
    sigma, masked = np.full(shape, 50.0), np.zeros(shape, np.int32)
    sigma[1, 3], sigma[1, 4], masked[2, 3] = 30, 29, 1
    more = np.full((2, *shape), 30.0)
    more[1] = 99
    maps = {"STELLAR_SIGMA": sigma, "STELLAR_SIGMA_MASK": masked}
    maps["STELLAR_SIGMACORR"] = more[0] if planes == 1 else more
    one = next(read_galaxy(*galaxy(tmp_path, extra=maps)))
    unknown = one.info["bin"].isin([2, 3, 6])
    assert one.info["sigma_star"][unknown].isna().all()
    assert one.info["sigma_star"][~unknown].to_numpy() == pytest.approx(40)


def test_dispersion_that_cannot_be_corrected_is_unknown_and_said(tmp_path, caplog):
    plane = np.full((SIDE, SIDE), 50.0)
    maps = {"STELLAR_SIGMA": plane, "STELLAR_SIGMA_MASK": 0 * plane}
    one = next(read_galaxy(*galaxy(tmp_path, extra=maps)))
    assert one.info["sigma_star"].isna().all()
    assert "without which sigma_star is unknown" in caplog.text


def test_many_spaxels_have_the_published_noise():
    """Above 100 spaxels the factor is 4.2."""
    flux, ivar = np.ones((150, 2), np.float32), np.full((150, 2), 4.0, np.float32)
    mean, weight = stacked(flux, ivar, csr_array(np.ones((1, 150))))
    assert mean == pytest.approx(np.ones((1, 2)))
    assert weight == pytest.approx(np.full((1, 2), 150 * 4 / 4.2**2), rel=1e-6)


def test_a_cube_without_maps(tmp_path):
    """One spectrum a spaxel, with a redshift that the caller gives."""
    files = galaxy(tmp_path)
    parts = list(read_galaxy(files[0], None, redshift=0.02))
    assert sum(map(len, parts)) == SIDE * SIDE
    assert "v_star" not in parts[0].info
    assert parts[0].info["redshift"][0] == 0.02


def test_whose_redshift_a_galaxy_has(tmp_path):
    """One for files that tell none leaves that of MAPS; one of a list replaces it."""
    for card, redshift, otherwise, expected in (
        (Z * C, None, 0.2, Z),
        (Z * C, 0.2, None, 0.2),
        (None, None, 0.2, 0.2),
    ):
        files = galaxy(tmp_path, maps_cards={"SCINPVEL": card})
        one = next(read_any(files[0], redshift, otherwise)[1])
        assert one.info["redshift"][0] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["muse", "sami", "gmos"])
def test_other_cubes(tmp_path, kind):
    """Every spaxel, with its place; air becomes vacuum; noise as the layout has it."""
    path = cube(tmp_path / "some.fits", kind)
    assert kind_of(path) == kind
    one = next(read_any(path, redshift=Z)[1])
    assert one.flux == pytest.approx(line_spectra(20), rel=1e-6)
    assert one.ivar == pytest.approx(100, rel=1e-5)
    assert one.wave == pytest.approx(air_to_vacuum(4500 + 1.25 * np.arange(PIXELS)))
    assert one.info[["row", "column"]].iloc[7].tolist() == [1, 2]
    assert one.info["x"][:5].tolist() == pytest.approx([0.4, 0.2, 0, -0.2, -0.4])
    assert one.info["area"][0] == pytest.approx(0.04)
    assert set(one.info["plateifu"]) == {"some"}
    header, shape = sky_of(path)
    assert shape == (4, 5)
    assert header["CRVAL1"] == 10.0


def test_places_are_those_on_the_sky(tmp_path):
    """East of the middle is positive, as in MaNGA's maps, also of a turned cube."""
    turn = {"PC1_1": 0.6, "PC1_2": -0.8, "PC2_1": 0.8, "PC2_2": 0.6}
    path = cube(tmp_path / "some.fits", cards=turn)
    info = next(read_cube(path, "muse", Z)).info
    with fits.open(path) as file:
        wcs = WCS(file["DATA"].header).celestial
    sky = wcs.pixel_to_world(*info[["column", "row"]].to_numpy().T)
    east, north = wcs.pixel_to_world(2, 1.5).spherical_offsets_to(sky)
    assert info["x"].to_numpy() == pytest.approx(east.arcsec, abs=1e-4)
    assert info["y"].to_numpy() == pytest.approx(north.arcsec, abs=1e-4)


def test_a_cube_streams_by_rows(tmp_path, monkeypatch):
    """Slabs of two rows give the same as the whole."""
    path = cube(tmp_path / "some.fits")
    whole = next(read_cube(path, "muse", Z))
    monkeypatch.setattr("skyloom.spectra.readers.cubes.SLAB", 2 * 5 * PIXELS)
    parts = list(read_cube(path, "muse", Z, size=8))
    assert [len(part) for part in parts] == [8, 2, 8, 2]
    assert (np.concatenate([p.flux for p in parts]) == whole.flux).all()
    assert (
        np.concatenate([p.info["row"] for p in parts]).tolist()
        == whole.info["row"].tolist()
    )


def test_units_and_kinds_of_an_axis(tmp_path):
    """Vacuum stays; nm become Å; a spaxel's mask and NaN are masked."""
    cards = {"CTYPE3": "WAVE", "CUNIT3": "nm", "CRVAL3": 450.0, "CDELT3": 0.125}
    flux = line_spectra(20).T.reshape(PIXELS, 4, 5) * 1e-17
    flux[3, 0, 0] = np.nan
    masked = np.zeros((4, 5))
    masked[1, 1] = 1
    error = np.full(flux.shape, 1e-18)
    path = cube(tmp_path / "a.fits", "gmos", cards, SCI=flux, ERR=error, MASK=masked)
    one = next(read_cube(path, "gmos", Z))
    assert one.wave == pytest.approx(4500 + 1.25 * np.arange(PIXELS))
    assert (one.ivar[6] == 0).all()
    assert one.ivar[0, 3] == 0
    assert one.ivar[1] == pytest.approx(100, rel=1e-4)
    assert one.flux[1] == pytest.approx(line_spectra(20)[1], rel=1e-5)


def test_a_single_spectrum(tmp_path):
    """SDSS's layout: redshift and warning of the pipeline, or a given redshift."""
    facts = {"Z": 0.07, "ZWARNING": 4, "CLASS": "GALAXY"}
    path = sdss(tmp_path / "spec-0266-51602-0001.fits", facts)
    kind, spectra = read_any(path)
    one = next(spectra)
    assert kind == "sdss"
    assert one.wave == pytest.approx(WAVE)
    assert one.info.iloc[0].to_dict() == {
        "fname": "spec-0266-51602-0001.fits",
        "plateifu": "spec-0266-51602-0001",
        "redshift": 0.07,
        "zwarning": 4,
    }
    assert next(read_single(path, redshift=0.08)).info["redshift"][0] == 0.08
    assert next(read_single(path, otherwise=0.08)).info["redshift"][0] == 0.07
    bare = sdss(tmp_path / "spec-0266-51602-0002.fits")
    assert next(read_single(bare, otherwise=0.08)).info["redshift"][0] == 0.08


def test_maps_are_found_beside_the_cube(tmp_path):
    """Those of the same name; several are refused."""
    files = galaxy(tmp_path)
    kind, spectra = read_any(files[0])
    assert (kind, len(next(spectra))) == ("manga", 13)
    again = files[1].with_name(f"manga-{NAME}-MAPS-SPX.fits.gz")
    again.write_bytes(files[1].read_bytes())
    with pytest.raises(InputError, match="several MAPS"):
        read_any(files[0])
    with pytest.raises(InputError, match="MAPS have no spectra"):
        kind_of(files[1])


def test_a_coadd_of_desi(tmp_path):
    """Arms are joined where they overlap; redshifts are those of redrock beside it."""
    waves = {"b": (3600, 5800), "r": (5760, 7620), "z": (7700, 9824)}
    arms = []
    for level, (name, ends) in enumerate(waves.items(), start=1):
        wave = np.arange(*ends, 0.8)
        flux = np.full((3, len(wave)), level, np.float32)
        arms.append(Arm(name, wave, flux, np.ones_like(flux)))
    path = tmp_path / "coadd-x.fits"
    write_coadd(path, Spectra(tuple(arms), meta_table([5, 6, 7], [1] * 3, [2] * 3)))
    with pytest.raises(InputError, match=r"no redshift.*redrock-"):
        list(read_any(path)[1])
    assert set(next(read_any(path, otherwise=0.02)[1]).info["redshift"]) == {0.02}
    known = Table({"TARGETID": [6, 5, 9], "Z": [0.1, 0.2, 0.3], "ZWARN": [0, 4, 0]})
    fits.BinTableHDU(known, name="REDSHIFTS").writeto(tmp_path / "redrock-x.fits")
    assert set(next(read_any(path, 0.02)[1]).info["redshift"]) == {0.02}
    kind, spectra = read_any(path, otherwise=0.02)
    one = next(spectra)
    assert kind == "desi"
    assert one.info["plateifu"].tolist() == ["5", "6", "7"]
    assert one.info["redshift"].tolist()[:2] == [0.2, 0.1]
    assert has_redshift(one.info).tolist() == [True, True, False]
    assert one.info["zwarning"].tolist() == [4, 0, -1]
    assert (np.diff(one.wave) > 0).all()
    inside = {5700: 1, 5779: 1, 5781: 2, 7500: 2, 8000: 3}
    for wave, level in inside.items():
        assert one.flux[0, np.abs(one.wave - wave).argmin()] == level
    rest = at_rest(one.rows([0]), RestGrid(4000.0, 1e-4, 3000))
    gap = (rest.grid.wave * 1.2 > 7622) & (rest.grid.wave * 1.2 < 7698)
    assert (rest.ivar[0, gap] == 0).all()
    assert (rest.ivar[0] > 0).sum() > 2800
