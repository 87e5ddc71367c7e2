"""Simulated training samples."""

from __future__ import annotations

import pytest
from skyloom.quasars.simulation.sample import FIRST_PLATE, FIRST_TILE, write_sample
from skyloom.quasars.spectra.grid import LINEAR, LOG
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import read_truth
from small_quasars import BRIGHT, config


def written(folder, n, boss, grid=LOG, seed=1):
    """Return the facts of the spectra and the truth."""
    write_sample(folder / "s.h5", folder / "t.csv", n, boss, BRIGHT, grid, seed)
    with Store(folder / "s.h5") as store:
        assert store.grid == grid
        return store.meta, read_truth(folder / "t.csv")


@pytest.mark.parametrize(("boss", "plates"), [(0.0, 0), (0.25, 2), (1.0, 8)])
def test_two_instruments_by_their_shares(tmp_path, boss, plates):
    """Each target once, with its truth, row for row; plates first, then tiles."""
    meta, truth = written(tmp_path, 8, boss)
    assert meta["targetid"].tolist() == truth["targetid"].tolist()
    assert truth["targetid"].is_unique
    expected = [FIRST_PLATE] * plates + [FIRST_TILE] * (8 - plates)
    assert meta["tileid"].tolist() == expected
    # Blue of 3600 Å there is nothing of BOSS, and its one arm is none of DESI's.
    assert truth["source"].eq("simulation").all()


def test_the_linear_grid(tmp_path):
    """The pixels are those asked for."""
    assert len(written(tmp_path, 3, 0.5, LINEAR)[0]) == 3


def test_a_sample_shares_no_target_with_a_survey(tmp_path):
    """Numbers of its plates and tiles lie above those that a survey may have."""
    plan = config()["simulate"]["survey"]
    assert plan["first_tile"] + plan["tiles"] < min(FIRST_PLATE, FIRST_TILE)
