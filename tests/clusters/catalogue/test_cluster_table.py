"""The catalogue of a field as text: what is a number in it."""

from __future__ import annotations

import pytest
from skyloom.clusters.catalogue.table import COLUMNS, read_catalogue
from skyloom.io.errors import InputError

ROW = dict.fromkeys(COLUMNS, "1") | {"MEM": "0", "SOURCE_TYPE": "1.0"}


def written(folder, **changes):
    path = folder / "a.dat"
    line = " ".join((ROW | changes).values())
    path.write_text(f"# comment\n{line}\r\n\n{line}\n")
    return path


def test_a_catalogue_is_read(tmp_path):
    """Comments and blank lines are passed over; flags are whole numbers."""
    table = read_catalogue(written(tmp_path))
    assert table["SOURCE_TYPE"].tolist() == [1, 1]
    assert table["X"].tolist() == [1.0, 1.0]


BAD = {
    "half a member": (
        {"MEM": "0.5"},
        "line 2: MEM = 0.5; expected a whole number",
    ),
    "part of a source": ({"SOURCE_TYPE": "0.9"}, "SOURCE_TYPE = 0.9; expected a whole"),
    "two": ({"MEM": "2"}, "MEM = 2; expected a whole number"),
    "underscore": ({"X": "1_0"}, "line 2, X: got '1_0'; expected a finite number"),
    "other digits": ({"Y": "１"}, "line 2, Y: got '１'"),
    "too large": ({"FLUX_G": "1e999"}, "line 2, FLUX_G: got '1e999'"),
    "no number": ({"RA": "nan"}, "line 2, RA: got 'nan'"),
    "a word": ({"DEC": "south"}, "line 2, DEC: got 'south'"),
    "off the sky": ({"DEC": "91"}, "DEC = 91; expected a finite number in .-90, 90"),
    "beyond": ({"RA": "400"}, "line 2: RA = 400"),
    "a share of 1.2": ({"FRACDEV": "1.2"}, "FRACDEV = 1.2"),
    "no size": ({"HLR": "-0.5"}, "HLR = -0.5"),
    "no light": ({"FLUX_I": "-1"}, "FLUX_I = -1"),
    "another source": ({"SOURCE_TYPE": "7"}, "SOURCE_TYPE = 7"),
    "endless": ({"GI_COLOR": "inf"}, "line 2, GI_COLOR: got 'inf'"),
    "too few": ({"RA": ""}, "line 2: 16 values"),
    "too many": ({"DEC": "1 1"}, "line 2: 18 values; expected 17"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_refused(tmp_path, case):
    """With its line, column and value."""
    changes, problem = BAD[case]
    with pytest.raises(InputError, match=problem):
        read_catalogue(written(tmp_path, **changes))
