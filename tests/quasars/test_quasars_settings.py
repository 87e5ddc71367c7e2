"""The configuration's schema says what the library's settings are."""

from __future__ import annotations

from dataclasses import fields

import pytest
from skyloom.quasars import settings
from skyloom.quasars.ensemble.settings import PRECISIONS, SCHEDULES, TrainSettings
from skyloom.quasars.ensemble.trainers import TRAINERS
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.network.runners import RUNNERS
from skyloom.quasars.query.select import Query
from skyloom.quasars.query.strategies import STRATEGIES
from skyloom.quasars.simulation.settings import FAMILIES, REDSHIFTS, Settings
from skyloom.quasars.simulation.survey import Plan
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.survey.classify import SurveySettings
from skyloom.run.schema import filled, load_schema, problems_of
from small_quasars import SCHEMA, SHAPE, config

# Section: the dataclass it becomes, and how.
MADE = {
    "simulate.survey.objects": (Settings, settings.targets),
    "simulate.sample.objects": (Settings, settings.targets),
    "simulate.survey": (Plan, settings.plan),
    "network": (Architecture, settings.architecture),
    "train": (TrainSettings, settings.training),
    "survey": (SurveySettings, settings.survey),
    "query": (Query, settings.query),
}
# Fields that are no keys.
NO_KEYS = {
    "network": {"grid", "rescale", "width", "stride", "l2"},
}
ENUMS = {
    "query.strategy": STRATEGIES,
    "survey.runner": RUNNERS,
    "ensemble.trainer": TRAINERS,
    "simulate.survey.objects.families": FAMILIES,
    "simulate.sample.objects.families": FAMILIES,
    "simulate.survey.objects.redshifts": REDSHIFTS,
    "simulate.sample.objects.redshifts": REDSHIFTS,
    "network.lines": LINES,
    "train.schedule": SCHEDULES,
    "train.precision": PRECISIONS,
}
TINY = 1e-9


@pytest.fixture(scope="module")
def schema() -> dict:
    return load_schema(SCHEMA)


def at(schema, place: str) -> dict:
    """Return the schema of a key or a section."""
    for name in place.split("."):
        schema = schema["properties"][name]
    return schema


@pytest.mark.parametrize("place", MADE)
def test_defaults_are_the_librarys(schema, place):
    """What the schema fills in is what the dataclass starts from."""
    kind, make = MADE[place]
    assert make(filled({}, at(schema, place))) == kind()


@pytest.mark.parametrize("place", MADE)
def test_every_field_is_a_key(schema, place):
    """Nothing that a class can be told is out of the configuration's reach."""
    kinds = (MADE[place][0],)
    names = {field.name for kind in kinds for field in fields(kind)}
    keys = set(at(schema, place)["properties"])
    assert names - NO_KEYS.get(place, set()) <= keys


@pytest.mark.parametrize("place", ENUMS)
def test_words_are_the_librarys(schema, place):
    """Each name that the library knows may be set, and no other."""
    leaf = at(schema, place)
    assert set(leaf.get("items", leaf)["enum"]) == set(ENUMS[place])


def ends(leaf: dict) -> list:
    """Return the least and the largest values that a schema lets pass."""
    if leaf["type"] == "array":
        return _lists(leaf)
    if "enum" in leaf:
        return list(leaf["enum"])
    step = 1 if leaf["type"] == "integer" else TINY
    known = {
        "minimum": 0,
        "maximum": 0,
        "exclusiveMinimum": step,
        "exclusiveMaximum": -step,
    }
    return [leaf[word] + shift for word, shift in known.items() if word in leaf]


def _lists(leaf: dict) -> list:
    inner, least = ends(leaf["items"]), leaf.get("minItems", 0)
    if leaf.get("increasing"):
        return [inner]
    if leaf.get("uniqueItems"):
        return [inner[:least], inner]
    return [[*[inner[0]] * (least - 1), inner[-1]], [inner[-1]] * least]


def edges():
    schema = load_schema(SCHEMA)
    for place in MADE:
        for name, leaf in at(schema, place)["properties"].items():
            if leaf["type"] in ("integer", "number", "string", "array"):
                for value in ends(leaf):
                    yield pytest.param(place, name, value, id=f"{place}.{name}={value}")


@pytest.mark.parametrize(("place", "name", "value"), [*edges()])
def test_limits_are_the_librarys(schema, tmp_path, place, name, value):
    """A value at the schema's edge is one that the class takes."""
    section = at(schema, place)
    change = {name: value}
    if name == "families" and "eigen" in value:
        change["templates"] = str(tmp_path)
    tree = filled(change, section)
    assert problems_of(tree, section) == []
    MADE[place][1](tree)


@pytest.mark.parametrize("layers", range(1, 9))
def test_every_depth_fits_the_grid(schema, layers):
    """All depths that the schema allows leave pixels to look at."""
    section = filled({"n_layers": layers}, at(schema, "network"))
    arch = settings.architecture(section)
    assert (arch.n_layers, arch.grid) == (layers, LOG)


def test_sections_become_settings(tmp_path, monkeypatch):
    """Values reach the classes, lists as tuples, templates among the data."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "rr").mkdir()
    objects = {"families": ["eigen"], "templates": "rr", "mix": [1, 0, 0, 0]}
    whole = config(
        network=SHAPE | {"lines": ["CIV", "MGII"], "bal_lines": []},
        survey={"c_th": 0.5, "shifts": 3, "n_detect": 2},
        simulate={"sample": {"objects": objects}, "survey": {"tiles": 9}},
    )
    made = settings.targets(whole["simulate"]["sample"]["objects"])
    assert (made.families, made.templates) == (("eigen",), str(tmp_path / "rr"))
    assert settings.plan(whole["simulate"]["survey"]) == Plan(tiles=9)
    arch = settings.architecture(whole["network"])
    assert (arch.lines, arch.bal_lines, arch.grid) == (("CIV", "MGII"), (), LOG)
    assert settings.survey(whole["survey"]) == SurveySettings(0.5, 2, 3)


def leaves(schema, path=()):
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, (*path, name))
    if "properties" not in schema:
        yield path, schema


def test_every_key_says_what_it_means(schema):
    """Each key has a default and a description, which names its unit or kind."""
    bare = [
        ".".join(path)
        for path, leaf in leaves(schema)
        if "default" not in leaf
        or not leaf.get("description")
        or "[" not in leaf["description"]
    ]
    assert bare == []


def test_every_section_refuses_unknown_keys(schema):
    """No misspelt key passes."""

    def sections(tree, name="quasars"):
        if "properties" in tree:
            yield name, tree
            for key, inner in tree["properties"].items():
                yield from sections(inner, f"{name}.{key}")

    assert [n for n, t in sections(schema) if t.get("additionalProperties", True)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evaluate": {"truth": "t.csv"}}, "evaluate: a truth without spectra"),
        (
            {"simulate": {"sample": {"objects": {"families": ["eigen"]}}}},
            "simulate.sample.objects: the family eigen needs redrock's templates",
        ),
        (
            {"simulate": {"survey": {"objects": {"mix": [0, 0.0, 0, 0]}}}},
            "simulate.survey.objects: the mix is all zero",
        ),
        ({"ensemble": {"device": "cuda"}}, "ensemble: Keras chooses its device"),
        (
            {"survey": {"runner": "numpy", "device": "cuda:1"}},
            "survey: only the torch runner takes a device",
        ),
        (
            {"survey": {"runner": "keras", "device": "cuda"}},
            "survey: only the torch runner takes a device",
        ),
        ({"ensemble": {"held_out": 0}}, "the best epoch is found on held-out targets"),
        ({"ensemble": {"held_out": 0.6}}, "ensemble.held_out: got 0.6, expected at mo"),
        ({"rounds": -1}, "rounds: got -1, expected at least 0"),
        ({"network": {"dropout": 1}}, "network.dropout: got 1, expected less than 1"),
        ({"network": {"lines": []}}, "network.lines: got [], expected at least 1"),
        ({"survey": {"device": "gpu"}}, "survey.device: got 'gpu', expected text that"),
        ({"paths": {"answers": "a/1"}}, "paths.answers: got 'a/1', expected text that"),
        ({"paths": {"decisions": "d.csv"}}, "paths.decisions: got 'd.csv'"),
        (
            {"simulate": {"survey": {"objects": {"magnitudes": [22, 18]}}}},
            "simulate.survey.objects.magnitudes: got [22, 18]",
        ),
        ({"evaluate": {"noise": [4, 4]}}, "evaluate.noise: got [4, 4], expected no it"),
        ({"evaluate": {"noise": [0]}}, "evaluate.noise.0: got 0, expected at least 1"),
        ({"query": {"strategy": "luck"}}, "query.strategy: got 'luck', expected one"),
        ({"quary": {}}, "did you mean query?"),
        ({"query": {"reserve": 0.95}}, "query.reserve: got 0.95, expected at most 0.9"),
        ({"som": {"share": 0}}, "som.share: got 0, expected more than 0"),
        ({"paths": {"training": "no"}}, "paths.training: got 'no', but there is no"),
        ({"evaluate": {"spectra": "no"}}, "evaluate.spectra: got 'no', but there is n"),
        (
            {"ensemble": {"trainer": "keras"}, "train": {"precision": "bfloat16"}},
            "only the torch trainer knows bfloat16; set ensemble.trainer to torch",
        ),
        *(
            (
                {"ensemble": {"members": 1}, "query": {"strategy": strategy}},
                "one member does not disagree with itself: the query needs two",
            )
            for strategy in set(STRATEGIES) - {"random"}
        ),
    ],
)
def test_contradictions_are_refused(schema, change, said):
    """A wrong value is named with its key and with what to do."""
    assert any(said in line for line in problems_of(filled(change, schema), schema))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rounds": 0},
        {"ensemble": {"trainer": "torch", "device": "cuda:0"}},
        {"survey": {"runner": "torch", "device": "cuda"}},
        {"survey": {"runner": "numpy"}},
        {"ensemble": {"trainer": "torch"}, "train": {"precision": "bfloat16"}},
        {"ensemble": {"members": 1}, "query": {"strategy": "random"}},
        {"ensemble": {"members": 1}, "rounds": 0},
        {"query": {"reserve": 0.9}, "som": {"share": 1}},
        {"evaluate": {"spectra": "/", "ensemble": None, "noise": [1, 4]}},
        {"ensemble": {"held_out": 0}, "train": {"keep_best": False}},
        {"simulate": {"sample": {"objects": {"mix": [0, 0, 0, 1]}}}},
        {"paths": {"answers": "a/{round}", "decisions": "d{round}.csv"}},
    ],
    ids=str,
)
def test_odd_but_sound_settings_pass(schema, change):
    """What a run can follow is not refused."""
    assert problems_of(filled(change, schema), schema) == []
