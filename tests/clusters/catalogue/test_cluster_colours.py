"""Tables of magnitudes against redshift."""

from __future__ import annotations

import pytest
from skyloom.clusters.catalogue.colours import (
    TYPES,
    read_red_sequence,
    read_templates,
)
from skyloom.io.errors import InputError

BANDS = "{0}_g,{0}_r,{0}_i,{0}_z"


def test_redshifts_rise_and_are_those_of_all_types(tmp_path):
    """Else the magnitudes between them are nonsense."""
    red, blue = tmp_path / "red.csv", tmp_path / "blue.csv"
    head = f"z,{BANDS.format('m')}\n"
    red.write_text(head + "0.1,4,3,2,1\n0.2,5,4,3,2\n")
    assert read_red_sequence(red).z.tolist() == [0.1, 0.2]
    red.write_text(head + "0.2,4,3,2,1\n0.1,5,4,3,2\n")
    with pytest.raises(InputError, match=r"red\.csv: column 'z'.*above the one before"):
        read_red_sequence(red)
    rows = [f"{kind},{z},4,3,2,1\n" for kind in TYPES for z in (0.1, 0.2)]
    head = f"type,z,{BANDS.format('k')}\n"
    blue.write_text(head + "".join(rows))
    assert read_templates(blue).offsets.shape == (4, 2, 4)
    blue.write_text(head + "".join(rows[:-1]))
    with pytest.raises(InputError, match=r"blue\.csv: redshifts of a type that differ"):
        read_templates(blue)
