"""The survey's tables: exports merged, and the published catalogue."""

import pytest
from skyloom.builder.tasks.tables import (
    PUBLISHED,
    galaxy_table,
    merged_classifications,
    read_published,
    rejected_subjects,
    subject_table,
)
from skyloom.io.errors import InputError
from skyloom.io.zooniverse import Classification, write_classifications

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


def test_exports_without_a_classification_are_refused(tmp_path):
    """All exports together: one of them may be of another workflow."""
    one = Classification(1, "ann", "2020-02-10 13:04:47 UTC", 7, "1.1", 5, [])
    write_classifications(tmp_path / "a.csv", [one])
    write_classifications(tmp_path / "b.csv", [])
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    assert merged_classifications(paths, [5], [5], 7)[0] == [one]
    with pytest.raises(InputError, match=r"b\.csv: no classification of workflow 8"):
        merged_classifications(paths, [5], [5], 8)
    with pytest.raises(InputError, match=r"b\.csv: no classification; expected"):
        merged_classifications(paths[1:], [5], [5], None)


def test_metadata_that_cannot_be_read_has_its_reason(tmp_path):
    """Hidden keys are read; whole numbers stay whole beside a row without."""
    place = '{""#ra"":""1"",""!dec"":""2"",""//Petrosian radius (degrees)"":""3""'
    lines = [f'1,"{place},""NSA id"":""100003""}}"', f'2,"{place}}}"', '3,"{""ra"":1}"']
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["subject_id,metadata", *lines]))
    exported = subject_table([path], [1, 2, 3])
    table = galaxy_table([], exported)
    assert table["RA"].tolist()[:2] == [1.0, 1.0]
    assert table["NSAID"][0] == 100003
    assert str(table["NSAID"].dtype) == "Int64"
    rejected = rejected_subjects([path], [], [1, 2, 3])
    assert rejected["subject_id"].tolist() == [3]
    assert rejected["reason"].tolist() == ["metadata: no 'dec'"]
