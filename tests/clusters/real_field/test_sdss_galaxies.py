"""The reader of redMaPPer's galaxy files."""

from __future__ import annotations

import numpy as np
import pytest
from invented_galaxies import rows, write, write_folder
from skyloom.clusters.real_field.sdss import linear_flux, magnitudes, read_galaxies
from skyloom.io.errors import InputError


def test_a_folder_is_read_whole(tmp_path):
    """All parts, ordered by ID, in native byte order."""
    table = read_galaxies(write_folder(tmp_path))
    assert len(table) == 120
    assert np.all(np.diff(table["ID"]) > 0)
    mag, err = magnitudes(table)
    assert mag.shape == err.shape == (120, 5)
    assert mag.dtype.isnative
    np.testing.assert_allclose(mag[:40], rows()["MAG"], rtol=1e-6)
    np.testing.assert_allclose(table["EBV"], 0.03, rtol=1e-6)


def test_a_single_table_is_read(tmp_path):
    """As well as a folder; without EBV."""
    columns = rows()
    del columns["EBV"]
    table = read_galaxies([write(tmp_path / "all.fit", columns)])
    assert len(table) == 40
    assert "EBV" not in table.colnames


def test_a_galaxy_of_two_files_counts_once(tmp_path):
    """Overlapping parts repeat galaxies."""
    paths = [write(tmp_path / f"toy_{k:07d}.fit", rows()) for k in range(2)]
    assert len(read_galaxies(paths)) == 40


def test_asinh_magnitudes_of_bright_galaxies_are_plain():
    """And at zero flux they are finite: 24.63, 25.11, 24.80, 24.36, 22.83 in ugriz."""
    bright = np.full((1, 5), 15.0)
    np.testing.assert_allclose(-2.5 * np.log10(linear_flux(bright)), 15.0, atol=1e-4)
    # Table 21 of Stoughton et al. 2002.
    zero = np.array([[24.63, 25.11, 24.80, 24.36, 22.83]])
    assert np.all(np.abs(linear_flux(zero)) < 2e-2 * linear_flux(zero - 2.5))
    assert np.all(linear_flux(zero + 1) < 0)


def changed(name, value, place=(3,)):
    """Return rows with one value changed."""
    columns = rows()
    columns[name][place] = value
    return columns


def without(name):
    """Return rows without a column."""
    columns = rows()
    del columns[name]
    return columns


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (without("MAG_ERR"), "no column MAG_ERR"),
        (without("ID"), "no column ID"),
        (rows() | {"MAG": rows()["MAG"][:, :4]}, r"shape \(40, 4\).*u, g, r, i, z"),
        (rows() | {"MAG": rows()["MAG"][:, 0]}, r"shape \(40,\).*u, g, r, i, z"),
        (rows() | {"ID": np.arange(40) + 0.5}, "column ID.*integers"),
        (changed("RA", np.nan), r"row 4 \(ID 3\), RA: nan.*0 to 360"),
        (changed("RA", 400.0), r"row 4.*RA: 400"),
        (changed("DEC", -91.0), r"row 4.*DEC: -91.*-90 to 90"),
        (changed("MAG", np.nan, (3, 1)), "MAG in g: nan"),
        (changed("MAG", 99.0, (3, 4)), "MAG in z: 99"),
        (changed("MAG_ERR", 0.0, (3, 2)), "MAG_ERR in r: 0.0.*positive"),
        (changed("ID", 2), "ID 2: one ID at two places"),
    ],
)
def test_bad_tables_are_refused(tmp_path, columns, message):
    """By file, row and column, with what would be right."""
    path = write(tmp_path / "bad.fit", columns)
    with pytest.raises(InputError, match=message) as caught:
        read_galaxies([path])
    assert str(path) in str(caught.value)


def test_missing_empty_and_damaged_files_are_refused(tmp_path):
    """A path that is none, a cut file, a table of nothing."""
    with pytest.raises(InputError, match="no such file"):
        read_galaxies([tmp_path / "none.fit"])
    path = write(tmp_path / "cut.fit", rows())
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(InputError, match=r"cut\.fit"):
        read_galaxies([path])
    write(tmp_path / "empty.fit", {k: v[:0] for k, v in rows().items()})
    with pytest.raises(InputError, match="no rows"):
        read_galaxies([tmp_path / "empty.fit"])
