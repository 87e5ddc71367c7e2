"""The configuration's schema says what the library's settings are."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

import numpy as np
import pytest
from skyloom.clusters import settings
from skyloom.clusters.baselines.density import DensityMap
from skyloom.clusters.baselines.membership import Filter
from skyloom.clusters.baselines.photometry import SurveyDepth
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.field import FieldSettings
from skyloom.clusters.catalogue.halos import HaloSettings
from skyloom.clusters.catalogue.model_list import ListSettings
from skyloom.clusters.catalogue.sample import SampleSettings
from skyloom.clusters.contradictions import refuse
from skyloom.clusters.encoder.settings import (
    PRECISIONS,
    EncoderSettings,
    TrainSettings,
)
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.images.noise import NoiseSettings
from skyloom.clusters.images.psf import PROFILES, PsfSettings
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.clusters.tasks.images import RENDERERS
from skyloom.run.schema import filled, load_schema, problems_of
from skyloom.run.sections import of
from skyloom.sky.matching import ORDERS
from small_clusters import SCHEMA, config

DATA = config()["data"]
# Section: the dataclass it becomes, and how.
MADE = {
    "simulate.list": (ListSettings, settings.listed),
    "simulate.fields": (SampleSettings, settings.sample),
    "simulate.fields.halos": (HaloSettings, partial(of, HaloSettings)),
    "simulate.fields.field": (FieldSettings, partial(of, FieldSettings)),
    "images.psf": (PsfSettings, settings.psf),
    "images.noise": (NoiseSettings, settings.noise),
    "network": (EncoderSettings, partial(settings.network, data=DATA)),
    "train": (TrainSettings, settings.training),
    "survey": (WindowSettings, partial(settings.windows, data=DATA)),
    "evaluate": (Rule, settings.rule),
    "baselines.matched_filter": (Filter, settings.matched_filter),
    "baselines.density": (DensityMap, settings.density),
}
# Fields that are no keys of the section: shared with another one, or not to be set.
NO_KEYS = {
    "simulate.fields": {"pixel_scale"},
    "network": {"bands", "tile", "pool"},
    "survey": {"tile", "pool"},
    "evaluate": {"score"},
    "baselines.matched_filter": {"ridge"},
    "baselines.density": {"ridge"},
}
ENUMS = {
    "images.renderer": RENDERERS,
    "images.psf.kind": PROFILES,
    "train.precision": PRECISIONS,
    "match.order": ORDERS,
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
    names = {field.name for field in fields(MADE[place][0])}
    keys = set(at(schema, place)["properties"])
    assert names - NO_KEYS.get(place, set()) <= keys


@pytest.mark.parametrize("place", ENUMS)
def test_words_are_the_librarys(schema, place):
    """Each name that the library knows may be set, and no other."""
    assert set(at(schema, place)["enum"]) == set(ENUMS[place])


def test_baselines_see_what_images_show():
    """Depth and seeing of the baselines are those of the images by default."""
    images = config()["images"]
    assert settings.depth(images["noise"], images["psf"]) == SurveyDepth()


def ends(leaf: dict) -> list:
    """Return the least and the largest values that a schema lets pass."""
    if leaf["type"] == "array":
        inner, least = ends(leaf["items"]), leaf.get("minItems", 0)
        lists = [[value] * max(least, 1) for value in inner]
        return lists if least else [[], *lists]
    if "enum" in leaf:
        return list(leaf["enum"])
    step = 1 if leaf["type"] == "integer" else TINY
    known = {"minimum": 0, "maximum": 0}
    known |= {"exclusiveMinimum": step, "exclusiveMaximum": -step}
    return [leaf[word] + shift for word, shift in known.items() if word in leaf]


# Keys whose edges hold only together with others: `contradictions` has their tests.
TOGETHER = {"survey.window", "survey.step", "survey.shifts", "network.widths"}
TOGETHER |= {"network.ridge"}  # needs the red sequence
TOGETHER |= {"baselines.density.inner", "baselines.density.outer"}


def edges():
    schema = load_schema(SCHEMA)
    for place in MADE:
        for name, leaf in at(schema, place)["properties"].items():
            kinds = ("integer", "number", "string", "array")
            if leaf["type"] in kinds and f"{place}.{name}" not in TOGETHER:
                for value in ends(leaf):
                    yield pytest.param(place, name, value, id=f"{place}.{name}={value}")


@pytest.mark.parametrize(("place", "name", "value"), [*edges()])
def test_limits_are_the_librarys(schema, place, name, value):
    """A value at the schema's edge is one that the class takes."""
    section = at(schema, place)
    tree = filled({name: value}, section)
    assert problems_of(tree, section) == []
    MADE[place][1](tree)


@pytest.mark.parametrize("tile", [8, 16, 64, 512])
@pytest.mark.parametrize("pool", [1, 2, 4, 8])
@pytest.mark.parametrize("shifts", [1, 2, 8])
def test_what_is_not_refused_is_possible(tile, pool, shifts):
    """The library takes every combination that passes the contradictions."""
    stages = max((tile // pool).bit_length() - 1, 0)
    whole = config(
        data={"tile_size": tile, "pool": pool},
        network={"widths": [8] * max(stages, 1), "blocks": []},
        simulate={"fields": {"image_size": 1024}},
        survey={"window": 1024, "step": 1000, "shifts": shifts},
    )
    try:
        refuse(whole)
    except ValueError:
        return
    made = settings.network(whole["network"], whole["data"])
    assert made.stages == stages
    assert settings.windows(whole["survey"], whole["data"]).tile == tile


def test_sections_become_settings():
    """Values reach the classes, lists as tuples; shared keys come from `data`."""
    whole = config(
        data={"tile_size": 32, "pool": 2},
        network={"widths": [4, 8], "blocks": [1]},
        simulate={"fields": {"image_size": 640, "halos": {"tilt": 2}}},
        survey={"window": 640, "step": 600},
    )
    shape = settings.network(whole["network"], whole["data"])
    assert (shape.tile, shape.pool) == (32, 2)
    assert (shape.widths, shape.blocks) == ((4, 8), (1,))
    assert shape.ridge == ()
    sample = settings.sample(whole["simulate"]["fields"])
    assert (sample.image_size, sample.halos.tilt) == (640, 2)
    assert settings.place(whole["simulate"]["fields"]).image_size == 640
    assert settings.whole_fields(whole).window == 640
    assert settings.rule(whole["evaluate"], score="SCORE").score == "SCORE"


def test_the_encoder_is_told_the_red_sequence():
    """Redshifts of the configuration become the colours there."""
    table = RedSequence(
        np.array([0.0, 1.0]), np.array([[20.0] * 4, [24, 22, 21, 20.5]])
    )
    whole = config(network={"ridge": [0.5, 1.0]})
    shape = settings.network(whole["network"], whole["data"], table)
    assert shape.ridge == ((1.0, 0.5, 0.25), (2.0, 1.0, 0.5))


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

    def sections(tree, name="clusters"):
        if "properties" in tree:
            yield name, tree
            for key, inner in tree["properties"].items():
                yield from sections(inner, f"{name}.{key}")

    assert [n for n, t in sections(schema) if t.get("additionalProperties", True)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"match": {"a": "/"}}, "match.a: got '/', but there is no file"),
        ({"data": {"pool": 3}}, "data.pool: got 3, expected one of 1, 2, 4, 8"),
        ({"data": {"tile_size": 48}}, "data.tile_size: got 48, expected one of"),
        ({"data": {"test": 0}}, "data.test: got 0, expected more than 0"),
        ({"data": {"validate": 0.5}}, "data.validate: got 0.5, expected at most 0.4"),
        ({"images": {"renderer": "draw"}}, "images.renderer: got 'draw', expected one"),
        ({"images": {"psf": {"fwhm": [1, 1, 1]}}}, "images.psf.fwhm: got [1, 1, 1], e"),
        ({"images": {"psf": {"ellipticity": [0.1, 0]}}}, "ellipticity: got [0.1, 0]"),
        (
            {"images": {"noise": {"correlation": 1}}},
            "correlation: got 1, expected at m",
        ),
        ({"network": {"widths": []}}, "network.widths: got [], expected at least 1"),
        ({"train": {"epochs": 0}}, "train.epochs: got 0, expected at least 1"),
        ({"train": {"devices": "all"}}, "train.devices: got 'all', expected integer"),
        ({"train": {"weights": {"redshfit": 1}}}, "did you mean redshift?"),
        ({"survey": {"device": "gpu"}}, "survey.device: got 'gpu', expected text that"),
        ({"survey": {"shifts": 3}}, "survey.shifts: got 3, expected one of 1, 2, 4, 8"),
        ({"evaluate": {"redshifts": [0.7, 0.2]}}, "evaluate.redshifts: got [0.7, 0.2]"),
        ({"encoder": 3}, "encoder: got 3, expected string or null"),
        ({"paths": {"list": "no.fits"}}, "paths.list: got 'no.fits', but there is no"),
        ({"paths": {"survey": "no"}}, "paths.survey: got 'no', but there is no folder"),
        ({"real_field": {"galaxies": "no"}}, "real_field.galaxies: got 'no', but the"),
        ({"retrieve": {"tiles": "ftp://x"}}, "retrieve.tiles: got 'ftp://x', expected"),
        ({"baselines": {"density": {"inner": 2}}}, "inner = 2, outer = 1.2"),
        ({"simulate": {"feilds": {}}}, "did you mean fields?"),
    ],
    ids=str,
)
def test_wrong_values_are_refused(schema, change, said):
    """A wrong value is named with its key and with what was expected."""
    assert any(said in line for line in problems_of(filled(change, schema), schema))


def test_one_list_is_refused(schema, tmp_path, monkeypatch):
    """A list alone cannot be matched."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "a.csv").touch()
    lines = problems_of(filled({"match": {"b": "a.csv"}}, schema), schema)
    assert any("one list cannot be matched; set both" in line for line in lines)
