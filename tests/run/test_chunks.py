"""Chunks: stable, complete, and one touched by one new object."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.run.chunks import allowed_rules, assign, needed

IDS = st.lists(st.integers(0, 10**8), unique=True, max_size=60)


@given(IDS, st.integers(1, 50))
def test_every_object_is_in_one_chunk(ids, n_chunks):
    """Nothing is lost, nothing doubled, nothing out of order."""
    chunks = assign(ids, n_chunks)
    assert sorted(i for chunk in chunks.values() for i in chunk) == sorted(ids)
    assert all(chunk == sorted(chunk) for chunk in chunks.values())
    assert list(chunks) == sorted(chunks)
    assert len(chunks) <= n_chunks


@given(IDS, st.integers(0, 10**8), st.integers(1, 50))
def test_a_new_object_touches_one_chunk(ids, new, n_chunks):
    """Adding an object changes one chunk and leaves the names of all."""
    before, after = assign(ids, n_chunks), assign(sorted({*ids, new}), n_chunks)
    touched = {name for name in after if after[name] != before.get(name)}
    assert len(touched) == (new not in ids)


def test_order_does_not_matter():
    """The same objects in another order are dealt the same."""
    assert assign([5, 1, 9], 3) == assign([9, 5, 1], 3)


def test_assignment_is_pinned():
    """The hash never changes: results on disk depend on it (SHA-256 by hand)."""
    slot = int(sha256(b"20902040").hexdigest()[:16], 16) % 7
    assert list(assign([20902040], 7)) == [f"c{slot}"]


def test_chunks_are_about_equal():
    """Ten thousand objects in 20 chunks: each within five sigma of 500."""
    sizes = [len(chunk) for chunk in assign(range(10_000), 20).values()]
    assert max(abs(size - 500) for size in sizes) < 5 * 500**0.5


@pytest.mark.parametrize(
    ("ids", "n", "text"), [([1], 0, "at least 1"), ([1, 1], 2, "twice")]
)
def test_wrong_arguments_are_refused(ids, n, text):
    """No chunks, or an object given twice."""
    with pytest.raises(ValueError, match=text):
        assign(ids, n)


def test_a_job_reads_the_rules_of_its_chunks():
    """The main process names no rules and reads those of all."""
    chunks = {"c00": [1], "c01": [2], "c10": []}
    line = ["snakemake", "--allowed-rules", "builder_tune_c01", "--cores", "c00"]
    assert allowed_rules(line) == ["builder_tune_c01"]
    assert needed(chunks, allowed_rules(line)) == {"c01": [2]}
    assert needed(chunks, allowed_rules(line[:1])) == chunks
    assert needed(chunks, ["builder_metrics"]) == {}
