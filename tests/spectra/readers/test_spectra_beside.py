"""Files that belong to a file of spectra."""

from skyloom.spectra.readers.beside import maps_of, redrock_of


def test_maps_and_redshifts_lie_beside(tmp_path):
    """Hidden companions and packed twins are none."""
    names = ("m-1-LOGCUBE.fits.gz", "m-1-MAPS-a.fits", "m-1-MAPS-a.fits.gz")
    for name in (*names, "._m-1-MAPS-a.fits", "m-2-MAPS.fits", "redrock-1.fits"):
        (tmp_path / name).touch()
    assert maps_of(tmp_path / names[0]) == [tmp_path / names[1]]
    assert maps_of(tmp_path / names[1]) == []
    assert redrock_of(tmp_path / "coadd-1.fits") == tmp_path / "redrock-1.fits"
    assert redrock_of(tmp_path / "coadd-2.fits") is None
    assert redrock_of(tmp_path / "redrock-1.fits") is None
