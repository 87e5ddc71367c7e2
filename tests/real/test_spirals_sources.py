"""The real galaxies of arms and bars: what the layer names is there and is read."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from skyloom.run.config import checked
from skyloom.spirals.catalogue.answers import read_answers
from skyloom.spirals.config import Config
from skyloom.spirals.inputs import Inputs
from skyloom.spirals.questions import question
from skyloom.spirals.tasks.bars import read_bars

pytestmark = pytest.mark.real


@pytest.fixture
def found(checkout, real, monkeypatch) -> Inputs:
    """Return the galaxies of the layer, whatever model looks at them."""
    monkeypatch.setenv("SKYLOOM_DATA", str(real))
    layer = yaml.safe_load((checkout / "config/real.yaml").read_text())["spirals"]
    tree = checked(Config, layer | {"model": None}).model_dump(mode="json")
    return Inputs(tree | {"seed": 1})


def test_galaxies(found):
    """As many as have a picture."""
    sources = Counter(one.source for one in found.galaxies.values())
    assert sources == {"galaxy_builder": 129, "pictures": 366 + 185 + 9}
    assert len(found.drawn()) == 129


def test_votes(found):
    """Single answers of the team's pictures, counts of volunteers of a few others."""
    tables = [read_answers(path) for path in found.given("answers")]
    single, tree, first = (votes for votes, _ in tables)
    assert [len(votes) for votes in (single, tree, first)] == [185, 6, 19]
    assert single.to_numpy().max() == 1
    assert tree[list(question("bar").names)].to_numpy().sum() > 60
    assert first.to_numpy().sum(axis=1).min() > 30
    for votes in (single, tree, first):
        assert votes.index.isin(list(found.galaxies)).all()


def test_known_bars(found):
    """Those of pictures go by the pictures' names."""
    hoyle, pictures, geron = map(read_bars, found.given("bars"))
    assert (len(hoyle), len(pictures), len(geron)) == (3150, 24, 225)
    assert pictures["name"].isin(list(found.galaxies)).all()
