"""The published catalogue as a user's file."""

import pytest
from skyloom.builder.tasks.tables import PUBLISHED, read_published
from skyloom.io.errors import InputError

HEAD = ",".join(["dr7objid", "galaxy_builder_id", *PUBLISHED])


def row(subject):
    return f"587741421632356667,{subject}" + ",1" * (len(PUBLISHED) - 1) + ",\n"


def test_what_is_compared_is_read(tmp_path):
    """Identifiers exactly; what is empty is NaN."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n{row(20901989)}{row('20901990.0')}")
    table = read_published(path)
    assert table["galaxy_builder_id"].tolist() == [20901989, 20901990]
    assert table["spiral_fraction"].isna().all()
    assert table["flux"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{HEAD}\n{row('2.09E+07')}", "row 2.*has lost its digits"),
        (f"{HEAD}\n{row(7)}{row(7)}", "row 3.*7 already stands in row 2"),
        ("<html></html>", "a web page"),
        ("galaxy_builder_id\n7\n", "missing column"),
    ],
)
def test_another_table_is_refused(tmp_path, text, problem):
    """As what it is."""
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_published(path)
