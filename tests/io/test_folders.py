"""The files of users' folders: links, hidden companions, packed twins."""

import logging
import re

import pytest
from skyloom.io.errors import InputError
from skyloom.io.folders import data_files

FITS = re.compile(r"\w+\.fits(\.gz|\.fz)?").fullmatch


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def names_in(folder, **how):
    return [str(p.relative_to(folder)) for p in data_files(folder, FITS, **how)]


def test_files_are_listed_in_order_at_any_depth(tmp_path):
    """Sorted by their paths; of one folder only, if asked for."""
    put(tmp_path, "b.fits", "a.fits.gz", "one/two/c.fits", "notes.txt")
    assert names_in(tmp_path) == ["a.fits.gz", "b.fits", "one/two/c.fits"]
    assert names_in(tmp_path, deep=False) == ["a.fits.gz", "b.fits"]
    assert names_in(tmp_path / "absent") == []


def test_linked_folders_are_entered_once(tmp_path):
    """An archive counts; a circle, or a second way to a folder, does not."""
    put(tmp_path, "data/night1/a.fits", "archive/b.fits")
    data = tmp_path / "data"
    (data / "night2").symlink_to(tmp_path / "archive")
    (data / "again").symlink_to(data / "night1")
    (data / "night1" / "up").symlink_to(data)
    (data / "turn").symlink_to(data / "turn")
    assert names_in(data) == ["night1/a.fits", "night2/b.fits"]


def test_hidden_files_are_no_data(tmp_path):
    """A Mac's companions and a server's snapshots."""
    put(tmp_path, "a.fits", "._a.fits", ".snapshot/a.fits", "__MACOSX/._a.fits")
    named = re.compile(r".*\.fits").fullmatch
    assert [p.name for p in data_files(tmp_path, named)] == ["a.fits"]


def test_a_file_packed_and_unpacked_counts_once(tmp_path, caplog):
    """The unpacked one; a packed file elsewhere is another file."""
    put(tmp_path, "a.fits", "a.fits.gz", "a.fits.fz", "b/a.fits.gz")
    with caplog.at_level(logging.WARNING):
        assert names_in(tmp_path) == ["a.fits", "b/a.fits.gz"]
    assert "a.fits.gz: a.fits is read instead" in caplog.text


def test_a_link_to_nothing_is_refused(tmp_path, caplog):
    """If it should be data; any other is said to be left out."""
    (tmp_path / "night").symlink_to(tmp_path / "unmounted")
    assert names_in(tmp_path) == []
    assert "unmounted, which is not there; it is left out" in caplog.text
    (tmp_path / "a.fits").symlink_to(tmp_path / "gone.fits")
    with pytest.raises(InputError, match=r"a\.fits: a link to .*gone\.fits"):
        data_files(tmp_path, FITS)
