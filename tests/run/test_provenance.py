"""Provenance: what, from what, with what; never when or where."""

from __future__ import annotations

import hashlib
import json

import pytest
from skyloom.run import provenance


def test_record_is_plain_and_placeless(tmp_path):
    """The record names files and checksums, no folder, and survives JSON."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2\n")
    record = provenance.record({"b": 1, "a": 2.0}, "c0de", [path])
    assert json.loads(json.dumps(record)) == record
    assert record["inputs"] == {"a.csv": hashlib.sha256(b"1,2\n").hexdigest()}
    assert record["code"] == "c0de"
    assert str(tmp_path) not in json.dumps(record)


def test_order_of_settings_does_not_count():
    """Equal settings have equal digests, other settings others."""
    first = provenance.digest_of({"a": 1, "b": {"c": 2, "d": 3}})
    assert first == provenance.digest_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert first != provenance.digest_of({"a": 2, "b": {"c": 1, "d": 3}})


def test_files_of_one_name_are_told_apart(tmp_path):
    """Two files of one name appear with their folders."""
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.json").write_text(folder)
    files = [tmp_path / "a" / "1.json", tmp_path / "b" / "1.json"]
    assert list(provenance.checksums(files)) == ["a/1.json", "b/1.json"]


def test_missing_input_is_an_error(tmp_path):
    """A product cannot come from a file that is not there."""
    with pytest.raises(FileNotFoundError, match="gone"):
        provenance.checksums([tmp_path / "gone"])


def test_fits_cards():
    """A record's digests fit into FITS cards."""
    made = provenance.record({"a": 1}, "f" * 64)
    found = provenance.cards(made)
    assert found["CODESHA"] == "f" * 64
    assert all(len(value) == 64 for value in found.values())
