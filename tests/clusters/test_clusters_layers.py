"""The layers of the repository: none runs with what only the demo is small for."""

from __future__ import annotations

import pytest
import yaml

# How a run is cut and what it keeps, and what each layer has as the demo has it.
ANY = {"source", "chunks", "images.keep", "data.n_per_file", "data.float16"}
TRAINING = ("data.", "network.", "train.", "simulate.fields.")


def leaves(tree, path=()):
    """Return values by dotted name."""
    found = {}
    for key, value in tree.items():
        here = (*path, key)
        found |= (
            leaves(value, here) if isinstance(value, dict) else {".".join(here): value}
        )
    return found


def section(checkout, name):
    return leaves(yaml.safe_load((checkout / "config" / name).read_text())["clusters"])


@pytest.mark.parametrize("name", ["long", "real", "survey_clusters", "find_clusters"])
def test_a_layer_takes_nothing_from_the_demo(checkout, name):
    """Snakemake lays a layer over the demo: each key of the demo is set again."""
    layer = section(checkout, f"{name}.yaml")
    needed = section(checkout, "config.yaml").keys() - ANY
    if layer.get("source") == "files":
        needed = {key for key in needed if not key.startswith("simulate.survey.")}
    if layer.get("encoder"):
        needed = {key for key in needed if not key.startswith(TRAINING)}
    assert needed <= layer.keys()
