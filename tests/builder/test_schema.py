"""The configuration's schema says what the library's settings are."""

from __future__ import annotations

import dataclasses
import json

import pytest
from skyloom.builder.aggregation.aggregate import AggregateSettings, settings_from
from skyloom.builder.analysis.pitch import PitchSettings
from skyloom.builder.fitting.fit import TuneSettings
from skyloom.builder.images.noise import SDSS_CALIBRATION, SDSS_GAIN
from skyloom.builder.products.catalogue import CatalogueSettings
from skyloom.builder.simulation.simulate import GalaxySettings
from skyloom.run.config import filled, load_schema, problems_of


@pytest.fixture(scope="module")
def schema(checkout) -> dict:
    return load_schema(checkout / "workflow" / "schemas" / "builder.schema.yaml")


@pytest.fixture(scope="module")
def defaults(schema) -> dict:
    return filled({}, schema)


def plain(settings) -> dict:
    return json.loads(json.dumps(dataclasses.asdict(settings)))


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("tune", TuneSettings()),
        ("pitch", PitchSettings()),
        ("catalogue", CatalogueSettings()),
        ("aggregate", AggregateSettings()),
    ],
)
def test_defaults_are_the_librarys(defaults, section, settings):
    """Names and defaults of a section are those of its dataclass."""
    assert defaults[section] == plain(settings)


def test_simulation_has_the_galaxies_and_their_number(defaults):
    """The simulator's section is its population, and how many to draw."""
    own = plain(GalaxySettings())
    counts = {"n_subjects", "n_repeats"}
    assert {k: v for k, v in defaults["simulate"].items() if k not in counts} == own


def test_noise_is_the_librarys(defaults):
    """Gain and calibration are those of the noise model."""
    noise = defaults["noise"]
    assert noise["gain"] == SDSS_GAIN
    assert noise["calibration"] == SDSS_CALIBRATION


def test_aggregate_section_makes_settings(defaults):
    """What the schema fills in is what the library starts from."""
    assert settings_from(defaults["aggregate"]) == AggregateSettings()


def leaves(schema, path=()):
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, (*path, name))
    if "properties" not in schema:
        yield path, schema


def test_every_key_says_what_it_means_and_its_unit(schema):
    """Each key has a default, and a description with the unit in brackets."""
    bare = [
        ".".join(path)
        for path, leaf in leaves(schema)
        if "default" not in leaf
        or "[" not in leaf.get("description", "")
        or "]" not in leaf.get("description", "")
    ]
    assert bare == []


def test_every_section_refuses_unknown_keys(schema):
    """No misspelt key passes."""

    def sections(tree, name="builder"):
        if "properties" in tree:
            yield name, tree
            for key, inner in tree["properties"].items():
                yield from sections(inner, f"{name}.{key}")

    assert [n for n, t in sections(schema) if t.get("additionalProperties", True)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chunks": 0}, "chunks: got 0, expected at least 1"),
        ({"source": "sky"}, "source: got 'sky', expected one of"),
        ({"tune": {"method": "newton"}}, "tune.method"),
        ({"tune": {"bounds": {"disk.q": [1]}}}, "tune.bounds.disk.q"),
        ({"winding": {"lower": 50.0, "upper": 15.0}}, "expected lower < upper"),
        ({"pitch": {"rhat_max": 1.0}}, "more than 1"),
        ({"simulate": {"p_bar": 1.2}}, "at most 1"),
        ({"agregate": {}}, "did you mean aggregate?"),
        (
            {"sample": {"sheet": "a.csv", "subject_ids": [1]}},
            "both a sheet and a list of subject_ids",
        ),
    ],
)
def test_contradictions_are_refused(schema, change, said):
    """A wrong value is named with its key and with what was expected."""
    assert any(said in line for line in problems_of(filled(change, schema), schema))
