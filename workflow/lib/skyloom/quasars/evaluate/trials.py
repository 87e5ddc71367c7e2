"""What labels buy in a simulated world: the learning curve of each way to ask.

One seed is one world. All strategies share its pool, test set and first labels, what
its inspectors say of a target, and the first weights of members; only the question
differs. The curves of several seeds are for `skyloom.quasars.evaluate.learning`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.quasars.ensemble.bootstrap import draw
from skyloom.quasars.ensemble.data import TrainingData, noise_of
from skyloom.quasars.ensemble.members import member_seed
from skyloom.quasars.ensemble.settings import TrainSettings
from skyloom.quasars.ensemble.train_torch import Member, train_members
from skyloom.quasars.evaluate.learning import BASELINE
from skyloom.quasars.evaluate.metrics import judged
from skyloom.quasars.evaluate.redshifts import OUTLIER
from skyloom.quasars.evaluate.thresholds import purity_curve, sample, score_of
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import targets as answers
from skyloom.quasars.network.run_torch import Runner
from skyloom.quasars.query.select import Query, select
from skyloom.quasars.query.strategies import STRATEGIES
from skyloom.quasars.simulation.inspectors import inspect
from skyloom.quasars.simulation.settings import Settings
from skyloom.quasars.simulation.survey import desi_batches
from skyloom.quasars.spectra.grid import Grid, normalise
from skyloom.quasars.spectra.inspect import merge
from skyloom.quasars.spectra.store import Batch, batch
from skyloom.quasars.spectra.truth import match
from skyloom.quasars.survey import classify as survey
from skyloom.quasars.survey.consensus import Calibration
from skyloom.run.seeds import rng
from skyloom.som.matching import bmu
from skyloom.som.training import train as train_map

POOL_TILE, TEST_TILE = 60_001, 70_001  # apart from each other and from other samples
MAP = {"shape": (8, 8), "topology": "torus", "epochs": 10}
# Networks of a few hundred labels are seldom sure to 0.95: they would all vote "not".
HOW = survey.SurveySettings(c_th=0.5, shifts=1)
PURITY = 0.95  # at which `completeness` is read

# A pool poor in quasars, as of a loose cut in colour: chosen because questions gained
# there at seed 101. Among DESI's quasar targets (70 % quasars) a lot did better.
TARGETS = Settings(mix=(0.20, 0.25, 0.50, 0.05), magnitudes=(18.5, 22.0))
ARCH = Architecture(n_layers=3, stride=3, filters=32, dense=64, bal_lines=())
SHORT = {"schedule": "cosine", "warmup": 0.1, "momentum": 0.9, "keep_best": False}
TRAIN = TrainSettings(epochs=30, batch=64, rate=2e-2, noise=1.0, **SHORT)


@dataclass(frozen=True)
class TrialSettings:
    """How large a world is, and how its labels are bought.

    Attributes
    ----------
    pool, test : int
        Targets simulated to ask about, and to score on. Of the pool, those with a dead
        arm or without signal are left out.
    start : int
        Labels by lot before the first query, the same for all strategies.
    asked, steps : int
        Labels a query, and queries.
    members : int
        Networks of an ensemble, two or more: one does not disagree.
    strategies : tuple of str
        Of `skyloom.quasars.query.strategies.STRATEGIES`, ``random`` among them.
    """

    pool: int = 1500
    test: int = 1500
    start: int = 100
    asked: int = 50
    steps: int = 5
    members: int = 4
    strategies: tuple[str, ...] = STRATEGIES

    def __post_init__(self):
        names, some = self.strategies, set(self.strategies)
        if len(some) < len(names) or BASELINE not in some or some - {*STRATEGIES}:
            msg = f"strategies {names}: some of {STRATEGIES}, with {BASELINE!r}"
            raise ValueError(msg)
        counts = self.pool, self.test, self.start, self.asked, self.steps, self.members
        whole = all(isinstance(n, int) and n > 0 for n in counts) and self.members > 1
        if not whole or self.labels > self.pool:
            msg = f"{self}: expected whole numbers of 1 or more, 2 members or more, and"
            raise ValueError(msg + " no more labels than targets in the pool")

    @property
    def labels(self) -> int:
        """Return the labels at the end of a curve."""
        return self.start + self.steps * self.asked


TRIAL = TrialSettings()


@dataclass(frozen=True, eq=False)
class World:
    """Whom one may ask about and is judged on: no target is in both.

    Attributes
    ----------
    pool, test : (meta, flux, ivar)
        What `skyloom.quasars.spectra.store.batch` returns.
    said, truth : DataFrame
        What inspectors say of each row of the pool, whenever they are asked, and the
        truth of each row of the test; columns of `skyloom.quasars.spectra.truth`.
    cell : callable
        From normalised spectra (n, pixels) to units of a map of the pool, (n,).
    """

    pool: Batch
    test: Batch
    said: pd.DataFrame
    truth: pd.DataFrame
    cell: Callable[[np.ndarray], np.ndarray]


def run_trial(
    seed: int,
    settings: TrialSettings = TRIAL,
    targets: Settings = TARGETS,
    arch: Architecture = ARCH,
    train: TrainSettings = TRAIN,
) -> pd.DataFrame:
    """Return the learning curve of each strategy in the world of one seed.

    Parameters
    ----------
    seed : int
        Of everything; same seed, same table.
    settings, targets, arch, train
        The world's size and labels; what is simulated; the members, trained anew each
        round, on whose grid spectra are; how long.

    Returns
    -------
    DataFrame
        A row a strategy and round: ``seed, strategy, n_labels``, ``confident`` (labels
        that weigh in training), ``quasars`` (of these), and `scores`.

    Raises
    ------
    ValueError
        Too few targets to ask about, or ``train.keep_best``: no data are held out.
    """
    world = simulate_world(seed, settings, targets, arch.grid)
    rows = []
    for strategy, labelled, found in rounds(world, seed, settings, arch, train):
        said = world.said[labelled & world.said["confident"]]
        sums = {"n_labels": int(labelled.sum()), "confident": len(said)}
        sums["quasars"] = int((said["klass"] == "QSO").sum())
        rows.append({"seed": seed, "strategy": strategy} | sums | found)
    return pd.DataFrame(rows)


def simulate_world(
    seed: int, settings: TrialSettings, targets: Settings, grid: Grid
) -> World:
    """Return the world of a seed; see `run_trial`."""
    pool, known = _simulated(settings.pool, targets, seed, POOL_TILE, grid, dead=False)
    test, truth = _simulated(settings.test, targets, seed, TEST_TILE, grid, dead=True)
    sn, chance = known["sn"].to_numpy(), rng(seed, "trial", "inspectors")
    said = match(pool[0], merge(inspect(known, sn, chance)))
    som = train_map(normalise(*pool[1:])[0], rng=rng(seed, "trial", "map"), **MAP)
    return World(pool, test, said, truth, lambda rows: bmu(som, rows)[0])


def rounds(
    world: World,
    seed: int,
    settings: TrialSettings,
    arch: Architecture,
    train: TrainSettings,
) -> Iterator[tuple[str, np.ndarray, dict[str, float]]]:
    """Yield strategy, mask of labelled rows of the pool, and `scores`, a round each."""
    ids, data = world.said["targetid"], _data(world, arch)
    first = np.zeros(len(ids), bool)
    first[rng(seed, "trial", "start").permutation(len(ids))[: settings.start]] = True
    start = _learned(world, data, first, seed, settings.members, arch, train)
    for strategy in settings.strategies:
        labelled, by = first, start
        yield strategy, labelled, scores(by, world)
        for step in range(settings.steps):
            results = survey.classify(*world.pool, by)
            chance = rng(seed, "trial", "query", strategy, step)
            query = Query(strategy, settings.asked)
            asked = select(results, query, chance, ids[labelled]).table["TARGETID"]
            if len(asked) < settings.asked:
                msg = f"{strategy!r} finds {len(asked)} to ask of: enlarge the pool"
                raise ValueError(msg)
            labelled = labelled | ids.isin(asked).to_numpy()
            by = _learned(world, data, labelled, seed, settings.members, arch, train)
            yield strategy, labelled, scores(by, world)


def scores(by: survey.Classifier, world: World) -> dict[str, float]:
    """Return how well an ensemble does on the test's targets of known class.

    Returns
    -------
    dict
        ``score``: average precision of quasar against not by C_BEST, the sum over
        thresholds of purity times the completeness gained. ``completeness``: the
        largest at a purity of `PURITY` or more, 0 if there is none. ``outliers``:
        share of all quasars whose redshift is off by over 3000 km/s or missing.
    """
    rows = judged(survey.classify(*world.test, by), world.truth, HOW.c_th)
    is_qso = rows["is_qso"].to_numpy()
    curve = purity_curve(sample(rows["TARGETID"], score_of(rows), is_qso))
    gained = -np.diff(curve["completeness"], append=0.0)
    pure = curve.loc[curve["purity"] >= PURITY, "completeness"]
    return {
        "score": float((curve["purity"] * gained).sum()),
        "completeness": float(pure.max()) if len(pure) else 0.0,
        "outliers": float(1 - (rows["dv"].abs()[is_qso] <= OUTLIER).mean()),
    }


def _simulated(
    n: int, targets: Settings, seed: int, tile: int, grid: Grid, *, dead: bool
) -> tuple[Batch, pd.DataFrame]:
    """Return spectra that have a signal, with dead arms or without, and their truth."""
    made = desi_batches(n, targets, seed, tile)
    parts = [(*batch(spectra, grid), truth) for spectra, truth in made]
    meta, flux, ivar, truth = zip(*parts, strict=True)
    tables = [pd.concat(some, ignore_index=True) for some in (meta, truth)]
    flux, ivar = np.concatenate(flux), np.concatenate(ivar)
    good = normalise(flux, ivar)[1] & (dead | (tables[0]["dead_arms"] == 0).to_numpy())
    meta, truth = (table[good].reset_index(drop=True) for table in tables)
    return (meta, flux[good], ivar[good]), truth


def _data(world: World, arch: Architecture) -> TrainingData:
    said = world.said
    facts = said["z"], said["klass"] == "QSO", said["bal"], said["confident"]
    y = answers(*map(np.asarray, facts), arch.heads, arch.grid, arch.boxes)
    return TrainingData(*noise_of(*world.pool[1:]), *y)


def _learned(
    world: World,
    data: TrainingData,
    labelled: np.ndarray,
    seed: int,
    members: int,
    arch: Architecture,
    train: TrainSettings,
) -> survey.Classifier:
    said, ids = world.said, world.said["targetid"].to_numpy()
    # As many confident labels of each class as there are, in every member's draw.
    stratum = np.where(said["confident"], said["klass"], "")
    drawn = [draw(ids, stratum, labelled, seed, m).rows for m in range(members)]
    group = [Member(member_seed(seed, m), rows) for m, rows in enumerate(drawn)]
    trained = [one.parameters for one in train_members(group, data, arch, train)]
    plain = Calibration.unknown(len(arch.lines))
    return survey.classifier(Runner, trained, plain, HOW, world.cell)
