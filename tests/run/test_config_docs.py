"""What follows from the configuration's classes, and what layers set of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from skyloom.run import config_messages as configuration
from skyloom.run.areas import AREAS, validated
from skyloom.run.config import ConfigError, Section
from skyloom.run.config_docs import documents

LAYERS = ("demo", "export", "find_clusters", "find_quasars", "find_spirals", "long")
LAYERS += ("place_spectra", "real", "survey", "survey_clusters", "survey_quasars")
LAYERS += ("survey_spectra", "survey_spirals")
UNSET = 119  # keys that no layer sets: what a survey or a seed may still need


def read(checkout, name: str) -> dict:
    return yaml.safe_load((checkout / "config" / f"{name}.yaml").read_text())


@pytest.mark.parametrize("path", documents())
def test_generated_files_are_as_the_classes_say(checkout, path):
    """The page and the schema are those that `make config` would write."""
    assert (checkout / path).read_text() == documents()[path], "run: make config"


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_are_right_but_for_files_that_are_absent(checkout, layer, monkeypatch):
    """Each layer of the repository has known keys with possible values."""
    monkeypatch.setenv("SKYLOOM_DATA", "nowhere")
    monkeypatch.setattr(configuration, "LISTED", 1000)
    try:
        validated(read(checkout, "config") | read(checkout, layer))
    except ConfigError as error:
        problems = str(error).splitlines()[1:]
        assert [line for line in problems if "there is no" not in line] == []


def test_every_layer_is_known(checkout):
    """No layer is left out above."""
    found = {path.stem for path in (checkout / "config").glob("*.yaml")}
    assert found == {"config", *LAYERS}


def kinds(section: type[Section]) -> Iterator[tuple[str, object]]:
    """Yield the dotted name and the declaration of every key of a section."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from ((f"{name}.{rest}", one) for rest, one in kinds(inner))
        else:
            yield name, field


def section(area: str) -> type[Section]:
    from importlib import import_module

    return import_module(f"skyloom.{area}.config").Config


@pytest.mark.parametrize("area", AREAS)
def test_every_key_says_what_it_is(area):
    """A sentence, and a default or the word that it must be given."""
    for name, field in kinds(section(area)):
        assert field.description, name
        assert field.description.endswith("."), name


def test_few_keys_are_set_by_no_layer(checkout):
    """A key that nobody sets has to be worth its place."""
    names = [p.stem for p in (checkout / "config").glob("*.yaml")]
    layers = [read(checkout, name) for name in names]
    given = set().union(*(set(leaves(layer)) for layer in layers))
    unset = [
        f"{area}.{name}"
        for area in AREAS
        for name, _ in kinds(section(area))
        if not any(f"{area}.{name}.".startswith(f"{one}.") for one in given)
    ]
    assert len(unset) <= UNSET, unset


def leaves(tree: dict, prefix: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
