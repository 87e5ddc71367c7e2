"""JSON documents."""

import gzip
import json

import damaged
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.io.documents import SEAL, plain, read_json, write_json
from skyloom.io.errors import InputError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(tree=st.dictionaries(st.text().filter(SEAL.__ne__), VALUES))
def test_what_is_written_is_read(tree, tmp_path_factory):
    """Any finite tree returns as it was; text of any script included."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, tree)
    assert read_json(path) == plain(tree)


def test_same_tree_same_bytes(tmp_path):
    """The order of keys and numpy types do not show."""
    write_json(tmp_path / "a.json", {"b": np.float64(1.5), "a": np.arange(2)})
    write_json(tmp_path / "b.json", {"a": [0, 1], "b": 1.5})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_no_number_becomes_null(tmp_path):
    """NaN and infinity are written as null, also inside arrays."""
    write_json(tmp_path / "a.json", {"a": [np.nan, np.array([np.inf, 1.0])]})
    assert read_json(tmp_path / "a.json") == {"a": [None, [None, 1.0]]}


def test_a_value_without_json_form_leaves_no_file(tmp_path):
    """The error names the type and nothing is written."""
    with pytest.raises(TypeError, match="no JSON form for object"):
        write_json(tmp_path / "a.json", {"a": object()})
    assert not list(tmp_path.iterdir())


def test_gzip_is_read(tmp_path):
    """A .json.gz is unpacked."""
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'{"a": 1}'))
    assert read_json(tmp_path / "a.json.gz") == {"a": 1}


def test_byte_order_mark_is_passed_over(tmp_path):
    """Windows editors put one at the start."""
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}


def test_nonfinite_only_on_request(tmp_path):
    """Python's own NaN and Infinity are read when asked for."""
    (tmp_path / "a.json").write_text(json.dumps({"a": float("inf")}))
    assert read_json(tmp_path / "a.json", nonfinite=True)["a"] == float("inf")
    with pytest.raises(InputError, match="Infinity is not JSON"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("number", ["1e999", "-1E+400"])
def test_numbers_beyond_all_are_refused(tmp_path, number):
    """Python would make them infinite."""
    (tmp_path / "a.json").write_text(f'{{"a": {number}}}')
    with pytest.raises(InputError, match="beyond any number"):
        read_json(tmp_path / "a.json")


def test_damage_of_ours_is_noticed(tmp_path):
    """A flipped bit changes no value: the document is refused."""
    path, tree = tmp_path / "a.json", {"a": [1.25, "text", None], "b": {"c": True}}
    write_json(path, tree)
    assert damaged.unnoticed(path, read_json, dict.__eq__) == []


def test_a_change_by_hand_is_told_how_to_stay(tmp_path):
    """With the checksum it is refused, without it is read."""
    path = tmp_path / "a.json"
    write_json(path, {"threshold": 0.5})
    path.write_text(path.read_text().replace("0.5", "0.7"))
    with pytest.raises(InputError, match=r"delete it and run .* take out this key"):
        read_json(path)
    tree = json.loads(path.read_text())
    del tree["skyloom_sha256"]
    path.write_text(json.dumps(tree))
    assert read_json(path) == {"threshold": 0.7}


def test_a_number_that_is_none_does_not_have_the_checksum(tmp_path):
    """Where NaN may stand, a document of ours still may not have it."""
    path = tmp_path / "a.json"
    write_json(path, {"a": 0.5})
    path.write_text(path.read_text().replace("0.5", "NaN"))
    with pytest.raises(InputError, match="does not have its checksum"):
        read_json(path, nonfinite=True)


def test_files_in_the_layout_of_others_have_no_checksum(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1}, sealed=False)
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


def test_a_gzipped_document_does_not_fill_the_memory(tmp_path):
    """What packs too well is no document."""
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b" " * 2**29, 1))
    with pytest.raises(InputError, match="unpacks to more than"):
        read_json(path)
