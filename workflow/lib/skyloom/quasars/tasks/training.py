"""Members of an ensemble: trained in groups, each written with all it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from skyloom.quasars.config import Ensemble, Network, Train
from skyloom.quasars.ensemble.bootstrap import draw, held_out, save_draw
from skyloom.quasars.ensemble.members import member_seed
from skyloom.quasars.ensemble.sample import Labelled, read_labelled
from skyloom.quasars.ensemble.trainers import Task, train
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.files import save_member
from skyloom.run.provenance import Recipe

KINDS = ("net", "draw")


def groups_of(
    networks: Sequence[str], draws: Sequence[str], size: int
) -> dict[int, dict[str, str]]:
    """Return the files of `size` members that are trained together, by the first.

    `networks` and `draws` are ``net_{i}.keras`` and ``net_{i}.npz`` of the same
    members; a group has them as ``net_{i}`` and ``draw_{i}``.
    """
    files = {f"net_{_number(path)}": path for path in networks}
    files |= {f"draw_{_number(path)}": path for path in draws}
    order = sorted(_number(path) for path in networks)
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    return {
        group[0]: {f"{kind}_{i}": files[f"{kind}_{i}"] for i in group for kind in KINDS}
        for group in groups
    }


class Training:
    """Trains groups of members on one labelled sample, read once.

    Parameters
    ----------
    stores : sequence of path
        Spectra.
    labels : path
        Truth of their targets.
    recipe : Recipe
        Of the rule; its settings have the sections ``network``, ``train`` and
        ``ensemble``, and ``seed``.
    """

    def __init__(self, stores: Sequence[str], labels: str, recipe: Recipe):
        self.recipe = recipe
        self.inputs = [*stores, labels]

    def __call__(self, first: int, paths: Mapping[str, Path]) -> dict:
        """Train the group whose first member is `first`; write networks and draws."""
        known, held, task = self._sample
        settings = self.recipe.settings
        members = sorted(_number(label) for label in paths if label[0] == "n")
        # Rounds start from the same weights: they differ by their labels alone.
        seed = settings["seed"]
        single = Ensemble.stated(settings["ensemble"]).single_exposure
        stratum = known.truth["klass"].to_numpy()
        drawn = [
            draw(known.targetid, stratum, ~held, seed, i, single_exposure=single)
            for i in members
        ]
        seeds = [member_seed(seed, i) for i in members]
        trained = train(task, seeds, drawn)
        about = {"provenance": self.recipe.record(self.inputs), "settings": settings}
        for i, one, (network, history) in zip(members, drawn, trained, strict=True):
            own = {"member": i, "history": history}
            save_member(paths[f"net_{i}"], network, about | own)
            save_draw(paths[f"draw_{i}"], one)
        return {"members": members}

    @cached_property
    def _sample(self) -> tuple[Labelled, np.ndarray, Task]:
        settings = self.recipe.settings
        ensemble = Ensemble.stated(settings["ensemble"])
        arch = Architecture(**dict(Network.stated(settings["network"])))
        known = read_labelled(self.inputs[:-1], self.inputs[-1], arch)
        held = held_out(known.targetid, ensemble.held_out, settings["seed"])
        data = known.training(arch)
        some = data.rows(np.flatnonzero(held)) if held.any() else None
        how = Train.stated(settings["train"]), ensemble.trainer, ensemble.device
        return known, held, Task(data, some, arch, *how)


def _number(path: str) -> int:
    """Return i of ``net_{i}``, with a suffix or without."""
    return int(Path(path).stem.removeprefix("net_"))
