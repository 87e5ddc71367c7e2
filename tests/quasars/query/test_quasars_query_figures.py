"""Stamps, sheets and the histogram."""

import numpy as np
import pandas as pd
import pytest
from skyloom.plots import style
from skyloom.quasars.query import figures
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.store import write_store


def spectrum(height=1.0, dead=slice(0, 0)):
    rng = np.random.default_rng(4)
    flux = (height + rng.normal(0, 0.1, LOG.size)).astype(np.float32)
    ivar = np.full(LOG.size, 4.0, np.float32)
    flux[dead], ivar[dead] = 0, 0
    return flux, ivar


@pytest.fixture
def store(tmp_path):
    meta = {"targetid": [5, 6, 5], "tileid": [1, 1, 1], "expid": [1, 1, 2]}
    meta |= {"ra": [0.0] * 3, "dec": [0.0] * 3, "dead_arms": [0] * 3, "sn": [1.0] * 3}
    flux = np.stack([spectrum(h)[0] for h in (1, 2, 3)])
    ivar = np.stack([spectrum()[1]] * 3)
    write_store(tmp_path / "s.h5", [(pd.DataFrame(meta), flux, ivar)], LOG)
    return tmp_path / "s.h5"


def asked(**columns):
    rows = {"TARGETID": [6, 5], "TILEID": [1, 1], "EXPID": [1, 2], "Z": [2.0, np.nan]}
    rows |= {"C_NOT": [0.5, 1], "C_QSO_LZ": [0.5, 0], "C_QSO_HZ": [0, 0]}
    rows |= {"C_LYA": [0.9, 0.1], "C_CIV": [0.3, 0.1], "SN": [1.0, 2.0]}
    return pd.DataFrame(rows | {"REASON": ["votes disagree", "by lot"]} | columns)


def test_stamps_are_of_the_asked_exposures(store):
    """In the query's order, each with the right spectrum."""
    stamps = list(figures.stamps_of(asked(), [store]))
    assert [s.name for s in stamps] == ["6", "5"]
    assert [round(float(s.flux.mean())) for s in stamps] == [2, 3]
    assert stamps[0].lines == {"LYA": 0.9, "CIV": 0.3}
    assert stamps[0].reason == "votes disagree"


def test_exposure_without_spectrum_is_named(store):
    """Not skipped."""
    with pytest.raises(ValueError, match=r"\[5, 1, 9\]: in no store"):
        list(figures.stamps_of(asked(EXPID=[1, 9]), [store]))


def test_lines_are_marked_where_they_fall(store):
    """At z = 2: Lyα and C IV, the found one solid; without z none."""
    with_z, without = figures.stamps_of(asked(), [store])
    axes = figures.stamp_figure(with_z).axes[0]
    marks = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert np.allclose([m.get_xdata()[0] for m in marks], [3647.01, 4644.6147])
    assert [m.get_linestyle() for m in marks] == ["-", ":"]
    axes = figures.stamp_figure(without).axes[0]
    assert not [line for line in axes.lines if len(set(line.get_xdata())) == 1]


def test_dead_pixels_are_shaded():
    """One span a run of pixels without weight; an empty spectrum is drawn too."""
    flux, ivar = spectrum(dead=slice(100, 150))
    stamp = figures.Stamp("5", LOG.wave, flux, ivar, 1.0, {})
    assert len(figures.stamp_figure(stamp).axes[0].patches) == 1
    nothing = figures.Stamp("5", LOG.wave, flux * 0, ivar * 0, 1.0, {})
    assert figures.stamp_figure(nothing).axes[0].get_ylim() == (-1, 1)


def test_smoothing_weighs_by_ivar():
    """A pixel of no weight says nothing; far from all others there is nothing."""
    flux = np.array([1.0, 99.0, 0, 0, 3.0, 0, 0, 0, 0])
    ivar = np.array([1.0, 0.0, 0, 0, 1.0, 0, 0, 0, 0])
    line = figures.smoothed(flux, ivar)
    assert np.allclose(line[:7], [1, 1, 2, 3, 3, 3, 3])
    assert np.isnan(line[7:]).all()


def test_stamps_are_written_and_the_same_each_time(store, tmp_path):
    """A file a target; same spectrum, same bytes."""
    stamps = list(figures.stamps_of(asked(), [store]))
    for folder in ("a", "b"):
        figures.write_stamps(tmp_path / folder, stamps, "a note")
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == ["5.png", "6.png"]
    one, other = ((tmp_path / folder / "6.png").read_bytes() for folder in "ab")
    assert one == other


def test_contact_sheet_has_a_panel_a_stamp(store, tmp_path):
    """Empty places are blank."""
    fig = figures.contact_sheet(list(figures.stamps_of(asked(), [store])))
    assert [ax.axison for ax in fig.axes] == [True, True, False]
    style.save(fig, tmp_path / "sheet.pdf")
    assert (tmp_path / "sheet.pdf").stat().st_size > 1000


def test_histogram_marks_the_cut():
    """At the n-th entropy; of fewer, at the lowest."""
    entropy = np.linspace(0.1, 1.0, 10)
    for n, cut in ((3, 0.8), (99, 0.1)):
        axes = figures.histogram(entropy, n).axes[0]
        assert np.isclose(axes.lines[0].get_xdata()[0], cut)
    assert len(figures.histogram(entropy, 3).axes[0].patches) == 22
