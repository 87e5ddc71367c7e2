"""Bootstrap samples: by target, by class, repeatable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.io.errors import InputError
from skyloom.quasars.ensemble.bootstrap import draw, held_out, read_draw, save_draw


@st.composite
def surveys(draw_):
    """Return target ids of spectra and the class of each."""
    exposures = draw_(st.lists(st.integers(1, 4), min_size=1, max_size=40))
    ids = np.repeat(np.arange(len(exposures)) * 7 + 3, exposures)
    classes = np.array(["QSO", "STAR", "GALAXY"])[ids % 3]
    order = np.random.default_rng(len(ids)).permutation(len(ids))
    return ids[order], classes[order]


@given(surveys(), st.integers(0, 3))
def test_targets_are_never_on_both_sides(survey, member):
    """A target is drawn with all its exposures, or unseen with all."""
    ids, classes = survey
    found = draw(ids, classes, np.ones(len(ids), bool), 1, member)
    drawn = np.zeros(len(ids), bool)
    drawn[found.rows] = True
    assert np.array_equal(drawn, ~found.unseen)
    assert not set(ids[drawn]) & set(ids[found.unseen])


@given(surveys(), st.integers(0, 3))
def test_each_class_keeps_its_number(survey, member):
    """With one exposure a draw, as many draws of a class as it has targets."""
    ids, classes = survey
    usable = np.ones(len(ids), bool)
    found = draw(ids, classes, usable, 1, member, single_exposure=True)
    for name in np.unique(classes):
        expected = len(np.unique(ids[classes == name]))
        assert (classes[found.rows] == name).sum() == expected


@given(surveys())
def test_held_out_targets_are_on_neither_side(survey):
    """Neither drawn nor unseen."""
    ids, classes = survey
    apart = held_out(ids, 0.3, 5)
    if apart.all():
        return
    found = draw(ids, classes, ~apart, 1, 0)
    assert not apart[found.rows].any()
    assert not (apart & found.unseen).any()


def test_a_third_is_unseen():
    """1 / e of many targets."""
    ids = np.arange(5000)
    found = draw(ids, ids % 2, np.ones(5000, bool), 1, 0)
    assert found.unseen.mean() == pytest.approx(np.exp(-1), abs=0.02)


def test_held_out_is_by_target_and_its_own_lot():
    """Exposures together; other targets do not matter; the share is met."""
    ids = np.repeat(np.arange(3000), 2)
    apart = held_out(ids, 0.1, 5)
    assert np.array_equal(apart[::2], apart[1::2])
    assert apart.mean() == pytest.approx(0.1, abs=0.02)
    assert np.array_equal(held_out(ids[:50], 0.1, 5), apart[:50])


def test_members_differ_and_repeat(tmp_path):
    """Another member, another sample; the same again, the same bytes."""
    ids = np.arange(60)
    usable = np.ones(60, bool)
    one, same, other = (draw(ids, ids % 3, usable, 1, m) for m in (0, 0, 1))
    assert np.array_equal(one.rows, same.rows)
    assert not np.array_equal(one.rows, other.rows)
    for name, found in (("a", one), ("b", same)):
        save_draw(tmp_path / f"{name}.npz", found)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = read_draw(tmp_path / "a.npz")
    assert np.array_equal(back.rows, one.rows)
    assert np.array_equal(back.unseen, one.unseen)


def test_refusals(tmp_path):
    """Nothing to draw from, a file of something else."""
    ids = np.array([1, 1, 2])
    with pytest.raises(ValueError, match="no spectrum is left"):
        draw(ids, ids, np.zeros(3, bool), 1, 0)
    np.savez(tmp_path / "a.npz", rows=np.arange(3))
    with pytest.raises(InputError, match="unseen"):
        read_draw(tmp_path / "a.npz")
    for rows in ([0, 1], [0, 3], [-1]):
        np.savez(tmp_path / "b.npz", rows=rows, unseen=[False, True, False])
        with pytest.raises(InputError, match=r"b\.npz: key 'rows'.*delete it"):
            read_draw(tmp_path / "b.npz")
