"""What a layer may hold."""

from __future__ import annotations

from datetime import date

import pytest
from skyloom.run.config_messages import ConfigError
from skyloom.run.layers import check_layers, odd_values

ITSELF: list = []
ITSELF.append(ITSELF)
MANY: list = [[]] * 9
for _ in range(9):
    MANY = [MANY] * 9


def test_plain_values_are_not_odd():
    """All that JSON has."""
    tree = {"a": [1, 2.5, "x y", None, True, {}], "b": {"c": (1,)}, "é": 0.0}
    assert odd_values(tree) == []


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"a": {"b": [date(2020, 1, 2)]}}, "a.b.0: got datetime.date(2020, 1, 2), exp"),
        ({"a": b"x"}, "a: got b'x', expected text"),
        ({"a": {1, 2}}, "a: got {1, 2}, expected text"),
        ({"a": {True: 1}}, "a: got the key True, expected text; quote it"),
        ({1: 2}, "(top level): got the key 1"),
        ({"a": "x\ny"}, "a: got 'x\\ny', expected text without control characters"),
        ({"a": 1e-310}, "next to nothing"),
        ({"a": ITSELF}, "more than 1000000 values, or 20 levels; are aliases"),
        ({"a": MANY}, "more than 1000000 values"),
    ],
)
def test_what_only_yaml_has_is_named(tree, said):
    """Its place, and what to do."""
    assert said in odd_values(tree)[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "run: a\nx: {y: 1}\nrun: b\n"),
        ("a.yaml", "x:\n- {run: 1,\n\n   run: 2}\n"),
        ("a.json", '{"run": 2, "run": 3}'),
        ("a.json", '{"x": 1, "run": 2,\n\n"run": 3}'),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path, name, text):
    """With file and lines; Snakemake would read the last one."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(
        ConfigError, match=r"line \d: the key 'run' stands in line \d too"
    ):
        check_layers([path])


def test_the_same_key_in_two_sections_is_right(tmp_path):
    """So are aliases, merged keys, and a layer with nothing but comments."""
    path = tmp_path / "a.yaml"
    path.write_text("# a\nx: &x {run: 1}\ny: {<<: *x, run: 2}\nz: *x\n")
    check_layers([path])
    path.write_text('{\n\t"run":\t"a"}')
    check_layers([path])
    path.write_text("# a\n")
    check_layers([path])
