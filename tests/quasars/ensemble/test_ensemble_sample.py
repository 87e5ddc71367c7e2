"""Stores joined with what is known of their targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.quasars.ensemble.data import read_labelled
from skyloom.quasars.spectra.store import Store, write_store
from skyloom.quasars.spectra.truth import read_truth, write_truth
from small_quasars import ARCH


@pytest.fixture(scope="module")
def sample(small_sample, tmp_path_factory):
    """Return stores of two, one dead spectrum, and labels of all but ten targets."""
    folder = tmp_path_factory.mktemp("labelled")
    with Store(small_sample.store) as store:
        meta, (flux, ivar), grid = store.meta, store.rows(np.arange(70)), store.grid
    ivar[4] = 0
    for i, some in enumerate((slice(0, 40), slice(40, 70))):
        part = meta[some].reset_index(drop=True), flux[some], ivar[some]
        write_store(folder / f"{i}.h5", [part], grid)
    truth = read_truth(small_sample.labels)
    truth.loc[truth["targetid"] == meta["targetid"][7], "confident"] = False
    write_truth(folder / "labels.csv", truth[:60])
    stores = [folder / "0.h5", folder / "1.h5"]
    return read_labelled(stores, folder / "labels.csv", ARCH), meta, flux, stores


def test_rows_agree(sample):
    """Facts, truth and spectra of the same targets, in the stores' order."""
    known, meta, flux, _ = sample
    kept = [*range(4), *range(5, 60)]
    assert len(known) == 59
    assert known.targetid.tolist() == meta["targetid"][kept].tolist()
    assert known.truth["targetid"].tolist() == known.targetid.tolist()
    np.testing.assert_array_equal(known.flux, flux[kept])


def test_doubtful_labels_weigh_nothing(sample):
    """They are no confident quasars, and no head learns from them."""
    known, *_ = sample
    data = known.training(ARCH)
    doubt = np.flatnonzero(~known.truth["confident"])
    assert len(doubt)
    assert not known.is_qso[doubt].any()
    assert not data.weight[doubt].any()
    assert data.x.shape == (59, 443)
    assert data.y[known.is_qso].max() > 0


def test_another_grid_is_refused(sample, tmp_path):
    """With what to do."""
    *_, stores = sample
    other = replace(ARCH, grid=replace(ARCH.grid, size=400))
    with pytest.raises(InputError, match=r"0\.h5: on Grid.*on the grid of the network"):
        read_labelled(stores, stores[0].parent / "labels.csv", other)


def test_no_label_for_any_spectrum(sample, tmp_path):
    """The labels are named, not the stores."""
    *_, stores = sample
    truth = read_truth(stores[0].parent / "labels.csv")
    write_truth(
        tmp_path / "other.csv", truth.assign(targetid=truth["targetid"] + 10**9)
    )
    with pytest.raises(InputError, match=r"other\.csv: labels none of the spectra"):
        read_labelled(stores, tmp_path / "other.csv", ARCH)
