"""Provenance: what, from what, with what; never when or where."""

from __future__ import annotations

import hashlib
import json

import numba
import pytest
from astropy.io import fits
from skyloom.io import record
from skyloom.io.errors import MissingFileError
from skyloom.io.fits import write_images
from skyloom.run import provenance


def test_record_is_plain_and_placeless(tmp_path):
    """The record names files and checksums, no folder, and survives JSON."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2\n")
    made = provenance.Recipe({"b": 1, "a": 2.0}, "c0de").record([path])
    assert json.loads(json.dumps(made)) == made
    assert made["inputs"] == {"a.csv": hashlib.sha256(b"1,2\n").hexdigest()}
    assert made["code"] == "c0de"
    assert str(tmp_path) not in json.dumps(made)


def test_order_of_settings_does_not_count():
    """Equal settings have equal digests, other settings others."""
    first = record.digest_of({"a": 1, "b": {"c": 2, "d": 3}})
    assert first == record.digest_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert first != record.digest_of({"a": 2, "b": {"c": 1, "d": 3}})


def test_files_of_one_name_are_told_apart(tmp_path):
    """Two files of one name appear with their folders."""
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.json").write_text(folder)
    files = [tmp_path / "a" / "1.json", tmp_path / "b" / "1.json"]
    assert list(record.checksums(files)) == ["a/1.json", "b/1.json"]


def test_missing_input_is_an_error(tmp_path):
    """A product cannot come from a file that is not there."""
    with pytest.raises(MissingFileError, match="gone"):
        record.checksums([tmp_path / "gone"])


def test_versions_are_of_all_that_computes(checkout):
    """Every package of an area's environment that makes numbers or files counts."""
    assert {"numba", "scikit-learn", "jax", "numpyro"} <= set(provenance.PACKAGES)
    areas = ("builder", "clusters", "quasars", "spectra", "spirals")
    envs = [checkout / "envs" / f"{area}.yaml" for area in areas]
    pins = "".join(path.read_text() for path in envs)
    named = {"matplotlib": "matplotlib-base", "torch": "pytorch"}
    assert [n for n in provenance.PACKAGES if f" {named.get(n, n)}=" not in pins] == []
    assert dict(provenance.versions())["numba"] == numba.__version__


def test_package_that_is_not_there_has_no_version(monkeypatch):
    """An environment without a package cannot have used it."""
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    monkeypatch.setattr(provenance, "versions", provenance.versions.__wrapped__)
    assert [name for name, _ in provenance.versions()] == ["python", "numpy"]


@pytest.fixture
def made(tmp_path) -> dict:
    """Return a record of two inputs of the same name."""
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.json").write_text(folder)
    files = [tmp_path / folder / "1.json" for folder in "ab"]
    return provenance.Recipe({"a": 1}, "f" * 64).record(files)


def test_fits_cards(made, tmp_path):
    """Digests fill a card each, versions share one that may be continued."""
    found = record.cards(made)
    assert found["CODESHA"] == "f" * 64
    assert all(len(found[name]) == 64 for name in ("CODESHA", "CONFSHA", "FILESHA"))
    write_images(tmp_path / "a.fits", {}, found)
    with fits.open(tmp_path / "a.fits", checksum=True) as file:
        assert file[0].header["VERSIONS"].startswith("python 3.")
        assert f"numba {numba.__version__}" in file[0].header["VERSIONS"]


def test_text_is_one_line_of_json(made):
    """The record survives as text, whatever the order of its keys."""
    line = record.text(made)
    assert "\n" not in line
    assert json.loads(line) == made
    assert record.text(dict(reversed(made.items()))) == line


def test_comments_are_short_lines(made):
    """Other programs read comments of a file up to some eighty characters."""
    lines = record.comments(made).splitlines()
    assert all(line.startswith("#") and len(line) < 80 for line in lines)
    assert f"# code {'f' * 64}" in lines
    assert "# input b/1.json" in lines
    assert f"#   {made['inputs']['b/1.json']}" in lines
    assert f"# version numba {numba.__version__}" in lines


def test_a_file_is_read_once_while_it_stays(tmp_path, monkeypatch):
    """An export of all subjects is an input of each; a changed file is read again."""
    path, reads = tmp_path / "a.csv", []
    path.write_text("1\n")
    digest = hashlib.file_digest
    monkeypatch.setattr(
        record.hashlib, "file_digest", lambda *a: reads.append(1) or digest(*a)
    )
    first = record.checksum(path)
    assert record.checksum(path) == record.checksum(str(path)) == first
    assert len(reads) == 1
    path.write_text("1,2\n")
    assert record.checksum(path) == hashlib.sha256(b"1,2\n").hexdigest()
