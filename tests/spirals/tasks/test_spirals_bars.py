"""Our bars beside those that others have measured."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord
from skyloom.io.errors import InputError
from skyloom.spirals.measure.physical import kpc_per_arcsec
from skyloom.spirals.tasks.bars import read_bars, real_bars


@pytest.fixture
def ours():
    """Return measures of four galaxies: the third has no bar, the last no place."""
    return pd.DataFrame(
        {
            "name": ["a", "b", "c", "J1.5+2.0"],
            "ra": [10.0, 20.0, 30.0, math.nan],
            "dec": [1.0, 2.0, 3.0, math.nan],
            "pixscale": [0.5, 0.5, 0.5, math.nan],
            "redshift": [0.03, 0.04, 0.05, math.nan],
            "bar_length": [11.0, 9.0, math.nan, math.nan],
            "bar_length_err": [1.0, 1.0, math.nan, math.nan],
            "bar_pa": [178.0, 50.0, math.nan, 33.0],
            "bar_pa_err": [2.0, 2.0, math.nan, 2.0],
            "bar_reason": ["", "", "no pixel", ""],
            "reason": ["", "", "", ""],
        }
    )


def written(tmp_path, text: str):
    (tmp_path / "bars.csv").write_text(text)
    return tmp_path / "bars.csv"


def compared(ours, path) -> dict:
    (report,) = real_bars(ours, [path], np.random.default_rng(0), 50).values()
    return report


def test_bars_by_place(tmp_path, ours):
    """Within 3 arcsec; half lengths are doubled; angles are of axes."""
    path = written(
        tmp_path,
        "RA,DEC,PA,PA_bar,R_bar\n10.0005,1,7,2,5\n20,2,7,48,5\n30,3,7,9,5\n90,9,7,9,5\n",
    )
    found = compared(ours, path)
    assert found["galaxies"] == 3
    assert found["found"]["value"] == pytest.approx(2 / 3)
    assert found["bar_length"]["true"] == 3
    assert found["bar_length"]["bias"] == pytest.approx(0.0, abs=1e-9)
    assert found["bar_length"]["error"] == pytest.approx(0.1)
    assert found["bar_pa"]["error"] == pytest.approx(3.0)


def test_lengths_in_kpc(tmp_path, ours):
    """At the redshift of ours."""
    kpc = 10 * kpc_per_arcsec(0.03)
    found = compared(ours, written(tmp_path, f"ra,dec,length_kpc\n10,1,{kpc}\n"))
    assert found["bar_length"]["bias"] == pytest.approx(0.1)
    assert "bar_pa" not in found


def test_pictures_by_name(tmp_path, ours):
    """Their scale is not known: angles are compared, lengths are not."""
    path = written(tmp_path, "file,length,pa\nJ1.5+2.0.jpg,8,30\nother.png,1,1\n")
    found = compared(ours, path)
    assert (found["galaxies"], found["found"]["value"]) == (1, 1.0)
    assert found["bar_pa"]["bias"] == pytest.approx(3.0)
    assert "bar_length" not in found


def test_no_galaxy_of_both(tmp_path, ours):
    """Is told, and nothing else."""
    found = compared(ours, written(tmp_path, "ra,dec,length\n200,1,4\n"))
    assert found["galaxies"] == 0
    assert set(found) == {"galaxies", "found"}


@pytest.mark.parametrize("text", ["ra,dec\n1,2\n", "length,pa\n1,2\n", "file\na\n"])
def test_tables_that_are_none(tmp_path, text):
    """What is expected is said."""
    with pytest.raises(InputError, match="no table of bars; expected file, or ra and"):
        read_bars(written(tmp_path, text))


@pytest.mark.real
def test_published_bars(real):
    """Geron's and Hoyle's tables are read; where both have a galaxy they agree."""
    geron = read_bars(real / "spirals/manga_bars/geron2023_table1.csv")
    hoyle = read_bars(real / "spirals/bar_lengths/hoyle_barlengths.csv")
    assert len(geron) == 225
    assert geron["bar_length"].median() == pytest.approx(2 * 5.56, abs=0.1)
    assert np.isfinite(geron["bar_pa"]).all()
    assert hoyle["bar_length_kpc"].notna().all()
    assert hoyle["bar_pa"].isna().all()
    redshifts = pd.read_csv(real / "spirals/manga_bars/geron2023_table1.csv")[
        "redshift"
    ]
    length = geron["bar_length"] * redshifts.map(kpc_per_arcsec)
    places = (SkyCoord(t["ra"], t["dec"], unit="deg") for t in (geron, hoyle))
    nearest, apart, _ = next(places).match_to_catalog_sky(next(places))
    ratio = length / hoyle["bar_length_kpc"].to_numpy()[nearest]
    both = apart.arcsec < 3
    assert both.sum() == 83
    assert ratio[both].median() == pytest.approx(0.88, abs=0.03)
