"""The page of headline numbers."""

import re

from skyloom.run.headline_table import Row, table, write_table

TREE = {
    "survey": {
        "area": 0.0123456,
        "comparison": {"finders": {"encoder": {"ap": {"value": 0.5, "low": 0.4}}}},
        "purity_of_sky": {"value": None, "low": None, "high": None, "n": 1200},
        "reached": True,
        "rows": [{"value": 1.0}],
        "verdict": "the first <b>",
    },
    "provenance": {"seed": 3},
}


def test_a_row_a_number():
    """With interval and count where it has them; lists and provenance are not told."""
    assert list(table(TREE)) == [
        Row("area", "0.01235"),
        Row("comparison, finders, encoder, ap", "0.5", "0.4"),
        Row("purity of sky", "–", "– to –", "1,200"),
        Row("reached", "yes"),
        Row("verdict", "the first <b>"),
    ]


def test_a_page_has_a_table_a_kind(tmp_path):
    """Nothing of a report is read as HTML; same tree, same bytes."""
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    for path in (first, second):
        write_table(path, TREE | {"empty": {}}, "Numbers of <clusters>")
    page = first.read_text()
    assert first.read_bytes() == second.read_bytes()
    assert re.findall("<h2>(.*)</h2>", page) == ["survey"]
    assert "the first &lt;b&gt;" in page
    assert "Numbers of &lt;clusters&gt;" in page


def test_a_run_that_judged_nothing_says_so(tmp_path):
    write_table(tmp_path / "metrics.html", {"survey": {}}, "Clusters")
    assert "Nothing was judged" in (tmp_path / "metrics.html").read_text()
