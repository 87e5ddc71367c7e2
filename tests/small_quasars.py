"""A configuration, networks of chance and answers: small enough for every test."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from skyloom.quasars.config import Config, Query
from skyloom.quasars.config_simulation import Objects, SimulatedSurvey
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.files import SIDECAR
from skyloom.quasars.network.parameters import Parameters, expected_shapes
from skyloom.run.config import checked

SEED = 3
SHAPE = {"n_layers": 4, "filters": 4, "dense": 6}
ARCH = Architecture(**SHAPE)
BRIGHT = Objects(magnitudes=(18.0, 19.5))
PLAN = SimulatedSurvey(tiles=2, targets=14, exposures=2)
MEMBERS = 3
STRATEGIES = get_args(Query.model_fields["strategy"].annotation)
ANSWER = ["TARGETID", "VI_Z", "VI_QUALITY", "VI_CLASS", "VI_BY"]


def config(**changes) -> dict:
    """Return the area's configuration with its defaults, the seed and some changes."""
    return {"seed": SEED, **checked(Config, changes).model_dump(mode="json")}


def network(seed: int, arch: Architecture = ARCH) -> Parameters:
    """Return a network of random weights that says something of every spectrum."""
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.uniform(0.1, 1, shape)
        if "variance" in name
        else rng.normal(0, 1, shape)
        for name, shape in expected_shapes(arch).items()
    }
    return Parameters(arch, arrays)


def read_about(path: Path) -> dict:
    """Return what a member tells of its training."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(SIDECAR))["about"]


def write_answers(path: Path, who: str, rows: list[tuple]) -> Path:
    """Write an inspector's (target, z, quality, class); return the path."""
    table = pd.DataFrame([(*row, who) for row in rows], columns=ANSWER)
    table.to_csv(path, index=False)
    return path
