"""Any folder of spectra, read by the right reader."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from skyloom.io.desi import write_coadd
from skyloom.io.errors import InputError
from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.spectra.readers import kind_of, spectra_of


def coadd(path, tileid=-1, expid=-1):
    path.parent.mkdir(parents=True, exist_ok=True)
    ones = np.ones((3, 10), "f4")
    meta = pd.DataFrame({"targetid": [1, 2, 3], "tileid": tileid, "expid": expid})
    arm = Arm("z", 7520 + 0.8 * np.arange(10), ones, ones)
    write_coadd(path, Spectra((arm,), meta.assign(ra=0.0, dec=0.0)))
    return path


def spec(path):
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"PLATEID": 1, "MJD": 2, "FIBERID": 3, "PLUG_RA": 0.0, "PLUG_DEC": 0.0}
    )
    cells = {
        "flux": np.ones(9),
        "loglam": 3.6 + 1e-4 * np.arange(9),
        "ivar": np.ones(9),
    }
    columns = [fits.Column(k, "E", array=v) for k, v in cells.items()]
    table = fits.BinTableHDU.from_columns(columns)
    fits.HDUList([primary, table]).writeto(path)
    return path


def plate(path):
    ids = {"TARGETID": [1, 2], "PLATE": [1, 1], "MJD": [2, 2], "FIBERID": [3, 4]}
    columns = [fits.Column(k, "K", array=v) for k, v in ids.items()]
    table = fits.BinTableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(np.ones((2, 886), "f4")), table]).writeto(path)
    return path


def test_each_kind_has_its_reader(tmp_path):
    """Told apart by what is inside, not by the name."""
    made = {
        "coadd": coadd(tmp_path / "a.fits"),
        "spec": spec(tmp_path / "b.fits"),
        "plate": plate(tmp_path / "c.fits"),
    }
    counts = {"coadd": [2, 1], "spec": [1], "plate": [2]}
    for kind, path in made.items():
        assert kind_of(path) == kind
        assert [len(part) for part in spectra_of(path, 2)] == counts[kind]


def test_tile_and_exposure_are_told(tmp_path):
    """Where the file does not say them; it must not say others."""
    path = coadd(tmp_path / "80605" / "20210414" / "coadd-1.fits")
    (found,) = spectra_of(path, tileid=80605, expid=75123)
    assert found.meta["tileid"].tolist() == [80605] * 3
    assert found.meta["expid"].tolist() == [75123] * 3
    with pytest.raises(InputError, match="expid 9 in the file, 2 by its place"):
        list(spectra_of(coadd(tmp_path / "coadd-1.fits", 1, 9), tileid=1, expid=2))


def test_folders_say_nothing(tmp_path):
    """A night and a pixel of the sky are no exposures, whatever the file says."""
    night = coadd(tmp_path / "80605" / "20210414" / "coadd-0.fits", tileid=80605)
    pixel = coadd(tmp_path / "152" / "15245" / "coadd-sv3-dark-15245.fits")
    for path, tile in ((night, 80605), (pixel, -1)):
        (found,) = spectra_of(path)
        assert set(found.meta["tileid"]) == {tile}
        assert set(found.meta["expid"]) == {-1}
    exposure = coadd(tmp_path / "1" / "2" / "coadd-1.fits", 7, 9)
    (found,) = spectra_of(exposure)
    assert set(found.meta["expid"]) == {9}


def test_what_is_no_file_of_spectra_is_refused(tmp_path):
    """By the reader it looks like."""
    fits.PrimaryHDU(np.ones((3, 3))).writeto(tmp_path / "a.fits")
    with pytest.raises(InputError, match="no table"):
        list(spectra_of(tmp_path / "a.fits"))


def test_spectra_that_miss_the_networks_are_refused(tmp_path):
    """An infrared spectrum; a file without spectra."""
    flux = np.ones((1, 50), "f4")
    arm = Arm("b", np.linspace(11000.0, 24000.0, 50), flux, flux)
    meta = pd.DataFrame({"targetid": [1], "tileid": 2, "expid": 3, "ra": 0.0, "dec": 0})
    write_coadd(tmp_path / "ir.fits", Spectra((arm,), meta))
    with pytest.raises(InputError, match="wavelengths of 11000 to 24000 Å"):
        list(spectra_of(tmp_path / "ir.fits"))
    fits.PrimaryHDU().writeto(tmp_path / "none.fits")
    with pytest.raises(InputError, match="no spectra among the HDUs PRIMARY; expected"):
        list(spectra_of(tmp_path / "none.fits"))
