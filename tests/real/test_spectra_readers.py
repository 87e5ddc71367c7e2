"""Real spectra through the readers, to rest: where their lines fall, what is cut."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from real_spectra import fors2, manga_tests, sami, stacks
from skyloom.io.errors import InputError
from skyloom.spectra.readers.detect import kind_of, read_any
from skyloom.spectra.readers.dust import curve
from skyloom.spectra.readers.manga import read_galaxy
from skyloom.spectra.readers.observed import Observed, at_rest
from skyloom.spectra.rest.cuts import cut
from skyloom.spectra.rest.grid import RestGrid

pytestmark = pytest.mark.real
GRID = RestGrid(3600.0, 1e-4, 4544)
LIMITS = {"good": 0.86, "sn": 5.0, "signal": 3.0, "chi2": 50.0}
HALPHA, OIII = 6564.61, 5008.24  # Å in vacuum


@pytest.fixture
def folder(real):
    return real / "spectra"


def joined(parts: list[Observed]):
    rest = [at_rest(part, GRID) for part in parts]
    flux, ivar = (
        np.concatenate([getattr(r, k) for r in rest]) for k in ("flux", "ivar")
    )
    return flux, ivar


def centre(flux, line, half=12.0):
    """Return the centroid of what stands above the surroundings of a line [Å]."""
    near = np.abs(GRID.wave - line) < half
    around = (np.abs(GRID.wave - line) < 4 * half) & (
        np.abs(GRID.wave - line) > 2 * half
    )
    excess = np.maximum(flux[near] - np.median(flux[around]), 0)
    strong = excess > excess.max() / 2
    return (excess * GRID.wave[near])[strong].sum() / excess[strong].sum()


def test_manga_spectra(real):
    """The fully masked one and that of S/N 1.5 are cut, each by its own cut."""
    observed, _ = manga_tests(real)
    rest = at_rest(observed, GRID)
    for rows, cuts in (([5], {"good": 1}), ([6], {"sn": 1}), (range(5), {})):
        _, removed = cut(rest.rows(list(rows)), LIMITS, "median")
        assert {k: n for k, n in removed.items() if n} == cuts
    kept, _ = cut(rest, LIMITS, "median")
    # z of 0.135 leaves 87 % of the grid; S/N of the others 15 and more.
    assert len(kept) == 9
    assert kept.info["meansn2"].min() > 10
    assert (kept.info["ngoodpixels"] > 0.86 * GRID.pixels).all()


def test_flux_of_real_spectra_is_conserved(real):
    """Over the part that both grids cover, with gaps of bad pixels, to 0.3 %."""
    observed, _ = manga_tests(real)
    rest = at_rest(observed, GRID)
    for i in (0, 1, 2, 3, 4, 7, 8, 10):
        by = 1 + observed.info["redshift"][i]
        wave = observed.wave / by
        inside = (wave > 4000) & (wave < 7000) & (observed.ivar[i] > 0)
        ours = (GRID.wave > 4000) & (GRID.wave < 7000) & (rest.ivar[i] > 0)
        width = np.log(10) * 1e-4
        before = (observed.flux[i] * observed.wave * width)[inside].sum()
        after = (rest.flux[i] * GRID.wave * width)[ours].sum()
        assert after == pytest.approx(before, rel=3e-3)


def test_muse_cube(folder):
    """All 900 spaxels in order, in batches, at a redshift that is given."""
    path = folder / "mpdaf_muse" / "minicube_A478_MUSE_crop30.fits.gz"
    with pytest.raises(InputError, match="no redshift"):
        list(read_any(path)[1])
    kind, spectra = read_any(path, 0.088)
    parts = list(spectra)
    assert kind == "muse"
    assert max(map(len, parts)) <= 256
    row = np.concatenate([part.info["row"] for part in parts])
    column = np.concatenate([part.info["column"] for part in parts])
    assert (row * 30 + column == np.arange(900)).all()
    with fits.open(path) as hdus:
        assert parts[0].flux[31] == pytest.approx(hdus["DATA"].data[:, 1, 1], abs=0)
    sn = [
        np.median(f * np.sqrt(w))
        for f, w in zip(parts[0].flux, parts[0].ivar, strict=True)
    ]
    assert 1 < np.median(sn) < 10


def test_lines_of_deep_muse_spectra(folder):
    """[OIII] of the emitters is where the catalogue's redshifts put it, to 100 km/s.

    They come out about 2.7e-4 too low, as do lines in air against lines in vacuum.
    """
    folder = folder / "muse_udf_pyplatefit"
    with fits.open(folder / "incat.fits") as hdus:
        known = {row["ID"]: row["Z"] for row in hdus[1].data}
    offsets = []
    for path in sorted(folder.glob("udf10_*.fits")):
        z = known[int(path.stem.split("_")[1])]
        flux, ivar = joined(list(read_any(path, z)[1]))
        near = np.abs(GRID.wave - OIII) < 50
        if (ivar[0, near] > 0).mean() == 1 and flux[0, near].max() > 3 * np.median(
            np.abs(flux[0, near])
        ):
            offsets.append(centre(flux[0], OIII) - OIII)
    assert len(offsets) >= 4
    assert np.median(np.abs(offsets)) < 1.7


def test_maps_of_the_dap(folder, tmp_path):
    """Its 779 bins, their radii and velocities, with a cube of its shape."""
    maps = folder / "manga_extra" / "manga-8080-12701-MAPS-VOR10-GAU-MILESHC.fits.gz"
    shape = (8, 74, 74)
    header = fits.Header({"PLATEIFU": "8080-12701", "MANGAID": "1-37640"})
    wave = 5000 * 10 ** (1e-4 * np.arange(8))
    layers = {"FLUX": np.ones(shape), "IVAR": np.ones(shape)}
    layers |= {"MASK": np.zeros(shape, np.int32), "WAVE": wave}
    images = [fits.ImageHDU(values, name=name) for name, values in layers.items()]
    cube = tmp_path / "manga-8080-12701-LOGCUBE.fits"
    fits.HDUList([fits.PrimaryHDU(header=header), *images]).writeto(cube)
    parts = list(read_galaxy(cube, maps))
    with fits.open(maps) as hdus:
        plane, radii = hdus["BINID"].data[0], hdus["SPX_ELLCOO"].data[1]
        velocity = hdus["STELLAR_VEL"].data
        bad = hdus["STELLAR_VEL_MASK"].data != 0
    info = {k: np.concatenate([p.info[k] for p in parts]) for k in parts[0].info}
    assert len(info["bin"]) == 779 == len(np.unique(plane[plane >= 0]))
    assert info["redshift"][0] == pytest.approx(0.04278, abs=1e-4)
    assert info["area"].sum() == pytest.approx((plane >= 0).sum() / 4)
    one = plane == info["bin"][100]
    assert info["r_re_light"][100] == pytest.approx(radii[one].mean())
    assert info["v_star"][100] == pytest.approx(velocity[one & ~bad].mean())
    assert np.nanmax(np.abs(info["v_star"])) < 400
    assert 1.5 < info["r_re_light"].max() < 4


def test_sdss_spectra(folder):
    """All 28, with the pipeline's redshift and warning as the index has them."""
    folder, lines = folder / "sdss_misc", {}
    for row in pd.read_csv(folder / "index.csv").to_dict("records"):
        kind, spectra = read_any(folder / row["file"])
        one = next(spectra)
        assert kind == "sdss"
        assert one.info["redshift"][0] == pytest.approx(row["z"], abs=1e-4)
        assert (one.info["zwarning"][0] != 0) == (row["zwarning"] != 0)
        flux, ivar = joined([one])
        near = np.abs(GRID.wave - HALPHA) < 60
        if (
            row["subclass"] in ("STARFORMING", "STARBURST")
            and (ivar[0, near] > 0).all()
        ):
            lines[row["file"]] = centre(flux[0], HALPHA, 8) - HALPHA
    assert len(lines) >= 4
    assert np.abs(list(lines.values())).max() < 1.0


def test_sami_sectors(real):
    """The line of Hα is where it is in vacuum; the gap between arms is masked."""
    observed, labels = sami(real)
    rest = at_rest(observed, GRID)
    strong = (labels["halpha"] > 30 * labels["halpha_err"]).to_numpy()
    offsets = [centre(f, HALPHA, 8) - HALPHA for f in rest.flux[strong]]
    assert strong.sum() > 50
    assert abs(np.median(offsets)) < 0.4  # in air it would be 1.8 Å off
    middle = GRID.wave * (1 + observed.info["redshift"].to_numpy()[:, None])
    gap = (middle > 5815) & (middle < 6225)
    assert (rest.ivar[gap] == 0).all()
    assert (rest.ivar > 0).mean() > 0.5


def test_fors2_spectra(real):
    """[OII] of the emitters is where their redshifts put it, to 2 Å of 3.4 Å pixels."""
    observed, labels = fors2(real)
    rest = at_rest(observed, GRID)
    near = np.abs(GRID.wave - 3728.8) < 60
    seen = (labels["oii_ew"] > 20).to_numpy() & (rest.ivar[:, near] > 0).all(axis=1)
    offsets = [centre(f, 3728.8) - 3728.8 for f in rest.flux[seen]]
    assert seen.sum() > 30
    assert abs(np.median(offsets)) < 1.0
    assert np.median(np.abs(offsets)) < 2.0


def test_stacks(real):
    """The doublet of sodium is in absorption where it is in vacuum."""
    observed, labels = stacks(real)
    rest = at_rest(observed, GRID)
    near = np.abs(GRID.wave - 5894.6) < 15
    depth = np.median(rest.flux[:, near], axis=1)[:, None] - rest.flux[:, near]
    place = (np.maximum(depth, 0) * GRID.wave[near]).sum(1) / np.maximum(depth, 0).sum(
        1
    )
    assert place == pytest.approx(5894.6, abs=1.0)
    assert labels["log_age"].between(0.8, 1.2).all()


def test_what_is_refused(folder):
    """A GMOS cube whose errors are not in its flux's unit; files of fits."""
    path = folder / "manga_extra" / "ngc3081_cube.fits"
    with pytest.raises(InputError, match="median S/N"):
        list(read_any(path, 0.008)[1])
    for name in ("manga_onedspec.fits", "spfit_7443-1901.fits"):
        with pytest.raises(InputError, match="expected MaNGA's LOGCUBE"):
            kind_of(folder / "manga_extra" / name)


def test_raw_cube_of_sami(folder):
    """As released, one arm a cube; air becomes vacuum."""
    path = folder / "sami_dr3" / "raw" / "230776_A_sectors_blue.fits.gz"
    kind, spectra = read_any(path, 0.0197)
    parts = list(spectra)
    assert (kind, sum(map(len, parts))) == ("sami", 2500)
    with fits.open(path) as hdus:
        inside = hdus["BIN_MASK"].data.ravel() > 0
    good = np.concatenate([(part.ivar > 0).any(axis=1) for part in parts])
    assert (good[inside]).mean() > 0.99
    assert parts[0].wave[0] == pytest.approx(3651.2, abs=1.5)


def test_dust_of_the_milky_way(folder):
    """Our curve is that of SAMI's own correction, to 3 %; DESI's EBV is undone."""
    path = folder / "sami_dr3" / "raw" / "230776_A_sectors_blue.fits.gz"
    with fits.open(path) as hdus:
        ebv = hdus["DUST"].header["EBVPLNCK"]
        theirs = 2.5 * np.log10(hdus["DUST"].data) / ebv
    seen = next(read_any(path, 0.0197)[1])
    assert curve(seen.wave) == pytest.approx(theirs, rel=0.03)
    path = folder / "fastspecfit_desi" / "coadd-special-dark-27247.fits"
    with fits.open(path) as hdus:
        ebv, flux = hdus["FIBERMAP"].data["EBV"][0], hdus["B_FLUX"].data[0, 100]
    seen = next(read_any(path)[1])
    expected = flux * 10 ** (0.4 * ebv * curve(seen.wave[100]))
    assert seen.flux[0, 100] == pytest.approx(expected, rel=1e-4)


def test_coadds_of_desi(folder):
    """Both, with redrock's redshifts: the lines of hydrogen fall on their place."""
    for name, z, line in (
        ("4-80613-thru20210324", 0.36874, OIII),
        ("special-dark-27247", 0.00727, HALPHA),
    ):
        kind, spectra = read_any(folder / "fastspecfit_desi" / f"coadd-{name}.fits")
        one = next(spectra)
        assert (kind, len(one)) == ("desi", 1)
        assert one.info["redshift"][0] == pytest.approx(z, abs=1e-4)
        flux, ivar = joined([one])
        assert (ivar > 0).mean() > 0.6
        assert centre(flux[0], line, 10) == pytest.approx(line, abs=1.5)
