"""Requests: more at each attempt, a day at most, memory by what is held."""

from __future__ import annotations

import re
from itertools import pairwise
from types import SimpleNamespace

import pytest
from skyloom.run.places import ROOT
from skyloom.run.resources import DAY, STARTERS, memory, minutes

RULES = sorted((ROOT / "workflow" / "rules").glob("*/*.smk"))
SUM = r"\d+( \+ \d+ \* [A-Z_]+)*"  # of what the rule holds
WHOLE = re.compile(
    rf"memory\({SUM}(, per_thread={SUM})?"
    r"(, per_input_mb=[\d.]+(, held=\"\w+\")?)?,?\s*\)"
)


@pytest.mark.parametrize(
    ("first", "asked"),
    [(30, [30, 60, 90]), (720, [720, 1440, 1440]), (1440, [1440] * 3)],
)
def test_time_grows_up_to_a_day(first, asked):
    """The first attempt asks for the plain time, the next for multiples of it."""
    assert [minutes(first)(None, attempt) for attempt in (1, 2, 3)] == asked


def test_memory_follows_threads_and_inputs():
    """Each worker counts, and each MB that is held; all of it grows with attempts."""
    inputs = SimpleNamespace(size_mb=30.0)
    request = memory(500, per_thread=200, per_input_mb=2.0)
    assert request(None, inputs, attempt=1, threads=4) == STARTERS + 500 + 800 + 60
    assert request(None, inputs, attempt=2, threads=4) == 2 * (STARTERS + 1360)
    assert memory(500)(None, None, attempt=3, threads=1) == 3 * (STARTERS + 500)


def test_memory_of_one_input(tmp_path):
    """Where one input is held, the size of the others does not count."""
    table = tmp_path / "results.csv"
    table.write_bytes(b"0" * 3_000_000)
    inputs = {"results": str(table), "stores": ["elsewhere"]}
    request = memory(500, per_input_mb=4, held="results")
    assert request(None, inputs, attempt=1, threads=8) == STARTERS + 512
    with pytest.raises(FileNotFoundError):  # Snakemake then says <TBD>
        request(None, {"results": "nowhere.csv"}, attempt=1, threads=1)


def asked(kind: str) -> list[str]:
    """Return what all rules say of a resource, a call each."""
    text = "".join(path.read_text() for path in RULES)
    said = re.findall(rf"\b{kind}=(\w+\([^()]*\)),\n", text)
    assert len(said) == text.count(f"{kind}=") > 100  # calls, and nothing else
    return [re.sub(r"\s*\n\s*", " ", one).replace("( ", "(") for one in said]


def test_no_rule_asks_for_more_than_a_day():
    """Of whatever layer and at whatever attempt: time is asked for in one way."""
    for one in asked("runtime"):
        first = re.fullmatch(r"minutes\((\d+)\)", one)
        assert first, one
        assert 10 <= int(first[1]) <= DAY


def test_no_rule_asks_for_less_memory_with_more_threads():
    """All say a sum of what can only grow; what it is of does not matter here."""
    said = asked("mem_mb")
    assert [one for one in said if not WHOLE.fullmatch(one)] == []
    inputs = SimpleNamespace(size_mb=100.0, get=lambda name: __file__)
    counts = dict.fromkeys(re.findall(r"[A-Z_]{2,}", "".join(said)), 7)
    for one in set(said):
        request = eval(one, {"memory": memory, **counts})
        sizes = [request(None, inputs, attempt=1, threads=n) for n in (1, 2, 8, 64)]
        assert all(a <= b for a, b in pairwise(sizes))
        assert sizes[0] >= 500
