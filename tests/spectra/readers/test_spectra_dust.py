"""The Milky Way's dust is undone where a file tells it."""

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.spectra.readers.detect import read_any
from skyloom.spectra.readers.dust import curve
from skyloom.spectra.readers.manga import read_galaxy
from small_spectra import WAVE, cube, galaxy, sdss


def test_the_curve_is_the_published_one():
    """A(V) is 3.1 E(B-V); A(λ) / A(V) of Cardelli et al. 1989, table 3, J and H."""
    assert curve(1e4 / 1.82) == pytest.approx(3.1)
    assert curve(np.array([12500.0, 16000.0])) / 3.1 == pytest.approx(
        [0.282, 0.190], rel=0.02
    )
    steps = np.diff(curve(np.linspace(3100, 20000, 500)))
    assert (steps < 0).all()


def test_a_galaxy_behind_dust(tmp_path):
    """Flux and noise grow by the same factor, so that the S/N stays."""
    clear = next(read_galaxy(*galaxy(tmp_path)))
    dusty = next(read_galaxy(*galaxy(tmp_path, cards={"EBVGAL": 0.1})))
    factor = 10 ** (0.04 * curve(WAVE))
    assert dusty.flux == pytest.approx(clear.flux * factor, rel=1e-5)
    assert dusty.flux**2 * dusty.ivar == pytest.approx(
        clear.flux**2 * clear.ivar, rel=1e-4
    )


def test_dust_that_is_left_in_is_said_once(tmp_path, caplog):
    """For a file that does not tell E(B-V), whatever the number of its spectra."""
    files = {
        "manga": (galaxy(tmp_path)[0], galaxy(tmp_path, "1-2", {"EBVGAL": 0.1})[0]),
        "gmos": (cube(tmp_path / "gmos.fits", "gmos"), None),
        "sdss": (sdss(tmp_path / "spec-0266-51602-0001.fits", {"Z": 0.03}), None),
    }
    for silent, telling in files.values():
        for path in filter(None, (silent, telling)):
            caplog.clear()
            list(read_any(path, 0.03)[1])
            said = [r for r in caplog.messages if "Milky Way's dust is left in" in r]
            assert [path.name in r for r in said] == [True] * (path == silent)


@pytest.mark.parametrize("ebv", ["much", -0.1, 99.0])
def test_dust_that_cannot_be(tmp_path, ebv):
    files = galaxy(tmp_path, cards={"EBVGAL": ebv})
    with pytest.raises(InputError, match=r"EBVGAL.*(numbers|10 mag)"):
        next(read_galaxy(*files))
