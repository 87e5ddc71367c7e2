"""Headline numbers of reports."""

import pytest
from skyloom.io.documents import write_json
from skyloom.run.headline import headline


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "evaluation" / "round1.json"
    inner = {"rows": [2], "purity": {"value": 1}}
    write_json(path, {"n": 3, "rows": [1], "provenance": {}, "inner": inner})
    return str(path)


def test_numbers_are_kept_and_lists_dropped(report):
    """Rows an object and provenance stay in their own files."""
    kept = {"n": 3, "inner": {"purity": {"value": 1}}}
    assert headline({"pitch": report}) == {"pitch": kept}


def test_several_reports_by_their_place(report):
    """One of several, or none, has its place too."""
    found = headline({"rounds": [report], "files": []}, ("n", "missing"))
    assert found == {"rounds": {"evaluation/round1": {"n": 3}}, "files": {}}


def test_named_branches_are_kept_whole(report):
    """By kind; what is not there is left out."""
    keep = {"survey": ("inner.rows", "inner.purity.value", "other.n")}
    found = headline({"survey": report}, keep)
    inner = {"rows": [2], "purity": {"value": 1}}
    assert found == {"survey": {"inner": inner, "other": {}}}
