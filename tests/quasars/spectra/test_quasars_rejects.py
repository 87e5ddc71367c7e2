"""What is left out of many spectra, and why."""

import numpy as np
import pandas as pd
import pytest
from skyloom.io.desi import write_coadd
from skyloom.io.errors import InputError
from skyloom.io.spectra import Arm, Spectra, meta_table
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.rejects import COLUMNS, Rejects, table
from skyloom.quasars.spectra.store import batch

SOURCE = 39627634556018800


def coadd(path, ids, dead=(), expids=None):
    flux = np.random.default_rng(1).normal(size=(len(ids), 50)).astype("f4")
    ivar = np.ones_like(flux)
    ivar[list(dead)] = 0
    arm = Arm("r", 5760 + 0.8 * np.arange(50), flux, ivar)
    write_coadd(path, Spectra((arm,), meta_table(ids, ids, expids or ids)))
    return path


def test_bad_files_are_noted_and_the_rest_goes_on(tmp_path):
    """Each file with its spectra; none at all is an error."""
    good = coadd(tmp_path / "a.fits", [SOURCE, 7])
    bad = tmp_path / "b.fits"
    bad.write_text("no spectrum")
    rejects = Rejects()
    found = [(path, len(some)) for path, some in rejects.spectra([bad, good, bad])]
    assert found == [(good, 2)]
    assert [row["FILE"] for row in rejects.rows] == [str(bad)] * 2
    with pytest.raises(InputError, match="none of 2 files can be read; the first"):
        list(rejects.spectra([bad, bad]))


def test_targets_without_signal_are_noted(tmp_path):
    """By their names; the table keeps all digits."""
    path = coadd(tmp_path / "a.fits", [SOURCE, 7], dead=[0])
    rejects = Rejects()
    for place, some in rejects.spectra([path]):
        rejects.note_silent(place, batch(some, LOG))
    made = table(rejects.rows)
    assert tuple(made) == COLUMNS
    assert made["TARGETID"].tolist() == [SOURCE]
    assert made.to_csv(index=False).count(str(SOURCE)) == 3
    assert isinstance(table([]), pd.DataFrame)
    assert tuple(table([])) == COLUMNS


def test_a_target_of_two_files_is_used_once(tmp_path):
    """A copy beside it, packed or coadded otherwise; identifiers keep their digits."""
    paths = [coadd(tmp_path / "a.fits", [SOURCE + 1, 7]), tmp_path / "bad.fits"]
    paths[1].write_text("no spectrum")
    paths.append(coadd(tmp_path / "c.fits", [SOURCE + 1, 8]))
    rejects = Rejects()
    found = [some.meta["targetid"].tolist() for _, some in rejects.spectra(paths)]
    assert found == [[SOURCE + 1, 7], [8]]
    made = table(rejects.rows)
    assert made["TARGETID"].tolist()[1:] == [SOURCE + 1]
    assert made["TARGETID"].isna().tolist() == [True, False]
    assert "a.fits has it" in made["REASON"][1]


def test_other_light_of_a_target_is_used_too(tmp_path, caplog):
    """Of several exposures, or where the first file has no signal."""
    paths = [coadd(tmp_path / f"{name}.fits", [7], expids=[-1]) for name in "ab"]
    rejects = Rejects()
    assert [len(some) for _, some in rejects.spectra(paths)] == [1, 1]
    assert "1 targets that an earlier file has too; 0 are left out" in caplog.text
    paths = [coadd(tmp_path / "c.fits", [7], dead=[0]), coadd(tmp_path / "d.fits", [7])]
    assert [len(some) for _, some in rejects.spectra(paths)] == [1, 1]
    assert rejects.rows == []
