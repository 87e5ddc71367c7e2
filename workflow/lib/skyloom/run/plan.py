"""What a run will take: its jobs, and rates that were measured, added up.

The time of a job is the mean of its rule's own benchmarks in this run, where there are
some, and else a rate of ``resources/rates.csv`` times what the job handles. A rule with
neither is named, and its hours are not guessed.
"""

from __future__ import annotations

import csv
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from skyloom.io.atomic import replacing

LOGGER = "snakemake.logging"  # whose records tell jobs
CHUNK = re.compile(r"_(c|round|repeat)?\d[\d-]*(?=_|$)")  # what rules' names end in
SHORT = 10  # [min] of a job that is worth its start on a cluster
THOUSANDS = {"k": 1e3, "m": 1e6}  # of sizes such as 250k


@dataclass(frozen=True)
class Planned:
    """A job that is to run.

    Attributes
    ----------
    rule : str
        Its name, without chunk and round.
    threads, gpu, runtime : int
        What it asks for; `runtime` in minutes.
    inputs, outputs : int
        How many files.
    benchmark : str or None
        Where its time will be written.
    """

    rule: str
    threads: int
    gpu: int
    runtime: int
    inputs: int
    outputs: int
    benchmark: str | None

    @property
    def area(self) -> str:
        """The area that it belongs to."""
        return self.rule.partition("_")[0]


@dataclass(frozen=True)
class Rate:
    """What a rule takes for one `unit`, measured without a GPU.

    `unit` is ``job``, ``input`` or ``output`` (a file), and keys of the area's config
    that it is multiplied with, a blank between them. A key is a number, or a size such
    as 250k.
    """

    unit: str
    cpu_s: float
    mb: float


@dataclass(frozen=True)
class Estimate:
    """What a job takes: cores' and own time [s], and MB; None where it is not known."""

    cpu: float | None
    wall: float | None
    mb: float | None
    source: str


class Jobs(logging.Handler):
    """Keeps the jobs that Snakemake finds in a dry run, from what it logs of each."""

    def __init__(self):
        super().__init__()
        self.found: list[Planned] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the job of a record that tells one, but for mere targets."""
        if str(getattr(record, "event", "")) != "job_info" or not record.output:
            return
        asked = record.resources
        job = Planned(
            CHUNK.sub("", record.rule_name),
            record.threads,
            int(asked.get("gpu", 0)),
            int(asked.get("runtime", 0)),
            len(record.input),
            len(record.output),
            record.benchmark,
        )
        self.found.append(job)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Keep the jobs that are found in the block, in an order of their own."""
        logger = logging.getLogger(LOGGER)
        logger.addHandler(self)
        yield
        logger.removeHandler(self)
        self.found.sort(key=repr)


@contextmanager
def layer_of(config: Mapping) -> Iterator[Path]:
    """Give a file of a whole config, which a run of the same settings has as layer."""
    with TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.json"
        layer.write_text(json.dumps(config), encoding="utf-8")
        yield layer


def write_plan(
    path: str | Path, jobs: Sequence[Planned], rates: str | Path, config: Mapping
) -> None:
    """Write the plan of a run, by a file of rates, whole or not at all."""
    plan = text(config["run"], jobs, rates_of(rates), config)
    with replacing(path) as temporary:
        temporary.write_text(plan, encoding="utf-8")


def rates_of(path: str | Path) -> dict[str, Rate]:
    """Return the shipped rates, by rule."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return {
            row["rule"]: Rate(row["unit"], float(row["cpu_s"]), float(row["mb"]))
            for row in csv.DictReader(file)
        }


def units(job: Planned, unit: str, settings: Mapping) -> float:
    """Return how many units of a `Rate` a job has; `settings` is the whole config."""
    count, *keys = unit.split()
    total = float({"job": 1, "input": job.inputs, "output": job.outputs}[count])
    for key in keys:
        value = settings[job.area]
        for name in key.split("."):
            value = value[name]
        total *= _amount(value)
    return total


def _amount(value: float | str) -> float:
    """Return a number, or that of a size such as 250k."""
    if not isinstance(value, str):
        return value
    return float(value.rstrip("km")) * THOUSANDS.get(value[-1], 1)


def measured(benchmark: str | None, area: str) -> tuple[float, float] | None:
    """Return the mean cores' and own time [s] of a rule's jobs that have run.

    They are those whose times lie beside `benchmark`, in a folder of their rule's own.
    """
    if not benchmark:
        return None
    own = Path(benchmark)
    return _means(own if own.parent.name == area else own.parent)


@cache  # hundreds of jobs ask for those of one folder
def _means(place: Path) -> tuple[float, float] | None:
    """Return the mean times of a benchmark, or of those in a folder."""
    paths = [place] if place.suffix == ".tsv" else place.glob("*.tsv")
    whole = sorted(times for path in paths if (times := _times(path)))
    if not whole:
        return None
    return fmean(cpu for cpu, _ in whole), fmean(wall for _, wall in whole)


def _times(path: Path) -> tuple[float, float] | None:
    """Return the times of a benchmark; None for one that is not whole."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file, delimiter="\t"))
        return float(row["cpu_time"]), float(row["s"])
    except (OSError, StopIteration, KeyError, ValueError, TypeError):
        return None


def estimate(job: Planned, rates: Mapping[str, Rate], settings: Mapping) -> Estimate:
    """Return what a job takes, by this run's benchmarks or else by the rates."""
    rate = rates.get(job.rule)
    count = units(job, rate.unit, settings) if rate else 0.0
    mb = count * rate.mb if rate else None
    if times := measured(job.benchmark, job.area):
        return Estimate(*times, mb, "own")
    if not rate or job.gpu:
        return Estimate(None, None, mb, "not known")
    cpu = count * rate.cpu_s
    return Estimate(cpu, cpu / job.threads, mb, "table")


def text(
    run: str, jobs: Sequence[Planned], rates: Mapping[str, Rate], settings: Mapping
) -> str:
    """Return the plan of a run, in Markdown."""
    every = [(job, estimate(job, rates, settings)) for job in jobs]
    by_area, by_rule = defaultdict(list), defaultdict(list)
    for job, taken in every:
        by_area[job.area].append((job, taken))
        by_rule[job.rule].append((job, taken))
    areas = [_row(area, _sums(some)) for area, some in sorted(by_area.items())]
    rules = [_rule_row(rule, some) for rule, some in sorted(by_rule.items())]
    lines = [f"# Plan of the run {run}", "", *INTRODUCTION, ""]
    lines += [*_table(AREAS, [*areas, _row("all", _sums(every))]), ""]
    lines += ["## Rules", "", *_table(RULES, rules), ""]
    for title, found in _warnings(by_rule):
        lines += [f"## {title}", "", *(found or ["None."]), ""]
    return "\n".join(lines)


INTRODUCTION = """\
What is left to make. Times are the means of this run's own benchmarks where a rule has
run (own), else the rates of resources/rates.csv (table), for one core of a server. A +
stands where rules come on top of which that is not known. "At most" is what jobs ask
for, to the end of their time. GB and files count what is removed again, too.
""".splitlines()
AREAS = ("area", "jobs", "core-hours", "at most", "GPU-hours", "at most", "GB", "files")
RULES = ("rule", "jobs", "threads", "core-hours", "longest job [min]", "asked [min]")
RULES += ("GB", "files", "times")


def _sums(some: Iterable[tuple[Planned, Estimate]]) -> dict:
    some = list(some)
    on_gpu = [(job, taken) for job, taken in some if job.gpu]
    return {
        "jobs": len(some),
        "cores": _sum((taken.cpu for _, taken in some), 3600),
        "cores_most": sum(job.threads * job.runtime for job, _ in some) / 60,
        "gpus": _sum((t.wall and t.wall * job.gpu for job, t in on_gpu), 3600),
        "gpus_most": sum(job.gpu * job.runtime for job, _ in on_gpu) / 60,
        "gb": _sum((taken.mb for _, taken in some), 1000),
        "files": sum(job.outputs for job, _ in some),
    }


def _sum(values: Iterable[float | None], scale: float) -> str:
    """Return a sum, with a + where some of it is not known."""
    values = list(values)
    known = [value for value in values if value is not None]
    return f"{sum(known) / scale:,.1f}" + "+" * (len(known) < len(values))


def _row(name: str, sums: Mapping) -> tuple:
    most = (f"{sums['cores_most']:,.0f}", f"{sums['gpus_most']:,.0f}")
    cores, gpus = (sums["cores"], most[0]), (sums["gpus"], most[1])
    return name, f"{sums['jobs']:,}", *cores, *gpus, sums["gb"], f"{sums['files']:,}"


def _rule_row(rule: str, some: list) -> tuple:
    sums, jobs = _sums(some), [job for job, _ in some]
    walls = [taken.wall for _, taken in some if taken.wall is not None]
    longest = f"{max(walls) / 60:,.1f}" if walls else "?"
    most = max(job.threads for job in jobs), max(job.runtime for job in jobs)
    sources = sorted({taken.source for _, taken in some})
    ends = (sums["gb"], f"{sums['files']:,}", ", ".join(sources))
    return rule, f"{len(jobs):,}", most[0], sums["cores"], longest, most[1], *ends


def _warnings(by_rule: Mapping[str, list]) -> list[tuple[str, list[str]]]:
    unknown, late, short = [], [], []
    for rule, some in sorted(by_rule.items()):
        walls = [(taken.wall, job) for job, taken in some if taken.wall is not None]
        if len(walls) < len(some):
            unknown.append(f"- {rule}: {len(some) - len(walls):,} jobs")
        over = [wall / 60 for wall, job in walls if wall > 60 * job.runtime]
        if over:
            limit = max(job.runtime for job, _ in some)
            what = f"{max(over):,.0f} min where {limit:,} are asked for"
            late.append(f"- {rule}: {len(over):,} jobs, up to {what}")
        brief = [wall / 60 for wall, _ in walls if wall < 60 * SHORT]
        if brief:
            short.append(f"- {rule}: {len(brief):,} jobs, {fmean(brief):.1f} min each")
    return [
        ("Not known", unknown),
        ("Longer than asked for", late),
        (f"Under {SHORT} minutes", short),
    ]


def _table(head: Sequence, rows: Iterable[Sequence]) -> list[str]:
    rules = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(map(str, row))} |" for row in (head, rules, *rows)]
