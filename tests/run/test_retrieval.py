"""Downloads by the job: what is not there, kept once it is whole."""

from __future__ import annotations

import pytest
from skyloom.io.errors import InputError
from skyloom.run.retrieval import ASIDE, batches, fetch


def test_what_is_there_is_not_fetched(tmp_path):
    """So many units to a job, in their order; a unit's last file speaks for it."""
    units = [[f"<downloads>/{i}.png", f"<downloads>/{i}.json"] for i in range(6)]
    (tmp_path / "1.json").touch()
    (tmp_path / "4.png").touch()
    made = batches(units, 2, downloads=str(tmp_path), asked=["-n"])
    assert {k: [path[-6:] for path in files] for k, files in made.items()} == {
        "0": ["/0.png", "0.json", "/2.png", "2.json"],
        "1": ["/3.png", "3.json", "/4.png", "4.json"],
        "2": ["/5.png", "5.json"],
    }
    assert batches([], 2, downloads="none", asked=[]) == {}


def test_a_file_that_is_asked_for_comes_alone(tmp_path):
    """By any file of its unit."""
    units = [[f"<downloads>/{i}"] for i in range(4)]
    words = ["snakemake", f"{tmp_path}/2"]
    made = batches(units, 9, downloads=str(tmp_path), asked=words)
    names = [[path.removeprefix(f"{tmp_path}/") for path in f] for f in made.values()]
    assert names == [["2"], ["0", "1", "3"]]


def test_whole_files_wait_for_the_others(tmp_path):
    """A job that fails keeps them aside, and another one takes them."""
    asked, broken = [], {"b"}

    def source(target, place):
        asked.append(target.name)
        if target.name in broken:
            raise InputError(target, "no such file")
        place.write_text(target.name)
        return "sum"

    targets = [str(tmp_path / name) for name in "abc"]
    with pytest.raises(InputError, match=r"1 of 3 files .*no such file.*; run again"):
        fetch(targets, source, "fetch")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{ASIDE}a", f"{ASIDE}c"]
    fetch(targets[::2], source, "fetch")  # b is out of the list
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c"]
    broken.clear()
    fetch(targets[1:2], source, "fetch")
    assert asked == ["a", "b", "c", "b"]
    assert (tmp_path / "b").read_text() == "b"
