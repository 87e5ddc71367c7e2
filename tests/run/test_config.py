"""Configuration: typed sections, completed, or refused with one message."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import model_validator
from skyloom.run.config import (
    ConfigError,
    Section,
    checked,
    data_path,
    key,
    part,
    pick,
)
from skyloom.run.config_types import (
    DataFile,
    DataFolder,
    DataPlace,
    Increasing,
    Interval,
)


class Fit(Section):
    """How a model is fitted."""

    radius: float = key(3.0, "Outer radius of the fit.", "px", ge=1, lt=90)
    method: Literal["trf", "lbfgsb"] = key("trf", "Minimiser.")
    devices: int | Literal["auto"] = key(1, "Processors.")
    span: Interval[float] = key((0.1, 0.9), "Redshifts that are used.")
    scan: Increasing[float] = key((1.0, 2.0), "Edges.", "px", min_length=1)
    steps: tuple[int, ...] = key((), "Whole numbers.")
    deep: bool = key(default=False, sentence="Whether it goes on.")
    weights: dict[str, float] = key({}, "Weights by name.")

    @model_validator(mode="after")
    def _slow(self):
        if self.method == "lbfgsb" and self.radius > 50:
            msg = "lbfgsb is too slow for radius > 50; set method: trf"
            raise ValueError(msg)
        return self


class Area(Section):
    """An area."""

    fit: Fit = part(Fit)
    run: str = key("a", "Name of the run.", pattern="^[a-z]+$")
    file: DataFile | None = key(None, "A file.", "path")
    folder: DataFolder | None = key(None, "A folder.", "path")
    place: DataPlace | None = key(None, "Either.", "path")


# What is wrong, the config, and what the message must say.
WRONG = {
    "unknown key": ({"runn": 1}, r"runn: unknown key \(did you mean run\?\)"),
    "unknown inner key": ({"fit": {"lo": 1}}, r"fit\.lo: unknown key \(known: .*span"),
    "wrong type": (
        {"fit": {"radius": "x"}},
        r"fit\.radius: got 'x', expected a valid number.*\(Outer radius .* \[px\]\.\)",
    ),
    "true as number": ({"fit": {"radius": True}}, "fit: radius: got True, expected no"),
    "true in a union": ({"fit": {"devices": True}}, "devices: got True, expected no"),
    "true as an item": (
        {"fit": {"steps": [1, True]}},
        "steps: got .*True.*, expected no",
    ),
    "too small": ({"fit": {"radius": 0}}, "got 0, expected greater than or equal to 1"),
    "too large": ({"fit": {"radius": 90}}, "got 90, expected less than 90"),
    "not finite": ({"fit": {"radius": float("nan")}}, "got nan, expected a finite"),
    "not an option": ({"fit": {"method": "x"}}, "got 'x', expected 'trf' or 'lbfgsb'"),
    "no type of two": (
        {"fit": {"devices": "x"}},
        r"fit\.devices: got 'x', expected a valid integer.* or expected 'auto'",
    ),
    "huge": ({"fit": {"radius": 10**400}}, r"radius: got about 2\^1328, expected"),
    "a number as text": ({"run": 12}, "run: got 12, .* string; text is put in quotes"),
    "no text": ({"run": ""}, "run: got '', .*at least 1 character"),
    "bad name": ({"run": "A b"}, "run: got 'A b', .*pattern"),
    "no section": ({"fit": 3}, "fit: got 3, expected keys, as in"),
    "no section, by a brace": (
        {"fit": "{file: a/{id}.json}"},
        "expected keys, as in .*; a path that has { } is put in double quotes",
    ),
    "text, by a brace": (
        {"run": {"subject": None}},
        "expected a valid string; a path that has { } is put in double quotes",
    ),
    "null": ({"fit": None}, "fit: got None, expected keys, as in"),
    "wrong item": ({"fit": {"steps": [1, "b"]}}, r"fit\.steps\.1: got 'b'"),
    "too few": ({"fit": {"scan": []}}, "at least 1 item"),
    "wrong length": ({"fit": {"span": [1]}}, r"fit\.span\.1: missing"),
    "order": ({"fit": {"span": [2, 1]}}, r"got \[2, 1\], expected no item less than"),
    "order of equals": ({"fit": {"scan": [1, 1]}}, "expected each item more than"),
    "no file": ({"file": "a.csv"}, "got 'a.csv', there is no file .*a.csv; set SKY"),
    "no folder": ({"folder": "a"}, "got 'a', there is no folder .*a; set SKYLOOM_DATA"),
    "too long": ({"file": "a" * 300}, "a cannot be looked at: File name too long"),
    "wildcards": ({"place": "{a}"}, "got '{a}', expected no { } < > in a path; rename"),
    "neither": ({"place": "a"}, "got 'a', there is no file or folder"),
    "contradiction": (
        {"fit": {"method": "lbfgsb", "radius": 60}},
        "fit: lbfgsb is too slow .* set method: trf",
    ),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_config_is_refused_clearly(case, tmp_path, monkeypatch):
    """Each fault is named with its key, what came, and what was expected."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    tree, text = WRONG[case]
    with pytest.raises(ConfigError, match=text) as caught:
        checked(Area, tree)
    assert str(caught.value).startswith("the configuration cannot be used:\n")


def test_all_faults_come_in_one_message():
    """Ten faults are named, and how many more there are."""
    with pytest.raises(ConfigError) as caught:
        checked(Area, {"fit": {f"k{i}": i for i in range(12)}})
    assert str(caught.value).count("unknown key") == 10
    assert "... and 2 more" in str(caught.value)


def test_defaults_are_filled_in():
    """What a layer leaves out has its default, at every depth."""
    made = checked(Area, {"fit": {"radius": 5}})
    assert (made.fit.radius, made.fit.method, made.run) == (5.0, "trf", "a")


def test_numbers_on_the_command_line_are_text():
    """Snakemake gives what is nested in --config as text; it is read as numbers."""
    fit = {"radius": "2.5e1", "devices": "2", "deep": "false", "span": ["0.5", "1"]}
    made = checked(Area, {"fit": fit, "file": "null"})
    assert (made.fit.radius, made.fit.devices, made.fit.deep) == (25.0, 2, False)
    assert made.fit.span == (0.5, 1.0)
    assert made.file is None


def test_equal_ends_and_limits_pass():
    """A closed limit and an interval of no width are right."""
    made = checked(Fit, {"radius": 1, "span": [1, 1]})
    assert (made.radius, made.span) == (1.0, (1.0, 1.0))


def test_existing_paths_pass(tmp_path, monkeypatch):
    """Paths are those among the data."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "a.csv").touch()
    made = checked(Area, {"file": "a.csv", "folder": ".", "place": "a.csv"})
    assert made.file == "a.csv"
    assert data_path("a.csv") == str(tmp_path / "a.csv")
    assert data_path("/b") == "/b"


def test_a_rule_reads_only_what_it_states():
    """A key that a rule did not state is an error, never a default."""
    area = {"fit": Fit().model_dump(mode="json"), "seed": 3}
    fit = Area.stated(pick(area, "seed", "fit.span")).fit
    assert fit.span == (0.1, 0.9)
    with pytest.raises(ConfigError, match="the key radius of Fit is read, but"):
        _ = fit.radius
    with pytest.raises(ConfigError, match="the key run of Area"):
        _ = Area.stated({}).run


def test_a_whole_section_is_stated_at_once():
    """A rule that states a section may read all of it."""
    tree = pick({"fit": Fit(radius=9).model_dump(mode="json")}, "fit")
    assert Area.stated(tree).fit == Fit(radius=9)


def test_pick_takes_only_what_is_named():
    """A rule's settings are the keys it reads, in one order."""
    area = {"fit": {"z": 1, "a": [1, 2], "b": {"d": 0, "c": 1}}, "seed": 3, "x": 9}
    chosen = pick(area, "seed", "fit.a", "fit.b")
    assert repr(chosen) == "{'fit': {'a': [1, 2], 'b': {'c': 1, 'd': 0}}, 'seed': 3}"
    chosen["fit"]["a"].append(3)
    assert area["fit"]["a"] == [1, 2]


def test_pick_refuses_a_key_that_is_not_there():
    """A misspelt key in a rule fails while the rules are read."""
    with pytest.raises(KeyError, match="sed"):
        pick({"seed": 1}, "sed")
