"""What a run asks of a Slurm cluster, beyond each rule's memory, time and cores."""

from __future__ import annotations

import logging
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from getpass import getuser

from skyloom.run.config import ConfigError
from skyloom.run.log import NAME

FILE = "config/config.yaml"


def ask(workflow, cluster: Mapping) -> None:
    """Give all rules the accounts, partitions and GPU model of the section ``cluster``.

    All GPUs of a job are on one node: one process a GPU, all in one place. What
    ``--set-resources`` says of a rule stays.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        Its rules' ``resources`` are changed; they rerun nothing.
    cluster : mapping
        The validated section.
    """
    said = workflow.resource_settings.overwrite_resources
    for rule in workflow.rules:
        gpu = rule.resources.get("gpu")
        asked = _asked(cluster, gpus=0 if gpu is None else gpu.value)
        for name in asked.keys() - dict(said.get(rule.name, {})).keys():
            rule.resources[name] = asked[name]


def _asked(cluster: Mapping, gpus: int) -> dict[str, str | int]:
    """Return the resources of a rule with so many GPUs."""
    names = ("account", "partition")
    given = {name: cluster[name] for name in names}
    if gpus:
        given |= {n: cluster[f"gpu_{n}"] for n in names if cluster[f"gpu_{n}"]}
    asked = {f"slurm_{name}": value for name, value in given.items() if value}
    if gpus:
        asked["nodes"] = 1
        asked |= {"gpu_model": cluster["gpu_model"]} if cluster["gpu_model"] else {}
    return asked


def check(workflow) -> None:
    """Ask Slurm whether it would take the jobs of a run, before the first is sent.

    Of the jobs of each account, partition and GPU, those with the most memory, time and
    cores are shown to ``sbatch --test-only``. Nothing is asked without Slurm.

    Raises
    ------
    ConfigError
        With Slurm's own words, and the keys that decide.
    """
    if workflow.executor_plugin.name != "slurm":
        return
    jobs = [_Asked.by(job) for job in workflow.dag.needrun_jobs() if not job.is_local]
    problems = [*_unknown(jobs), *_without_gpus(jobs)] or [*_refusals(jobs)]
    if problems:
        lines = "\n  ".join(problems)
        msg = (
            f"the cluster refuses jobs of this run; nothing was sent.\n  {lines}\n"
            f"Correct the section cluster of {FILE}, or what a rule asks for: "
            "--set-resources RULE:mem_mb=..., runtime=..., gpu=..."
        )
        raise ConfigError(msg)


class _Resources(dict):
    # As the plugin reads them: by get and by name.
    __getattr__ = dict.__getitem__


@dataclass(frozen=True)
class _Asked:
    # What a job asks for at its first attempt; what is not known yet is left out.
    rule: str
    threads: int
    resources: _Resources

    @classmethod
    def by(cls, job) -> _Asked:
        # Not job.resources, which keeps what it is asked for before inputs exist.
        found = job.rule.expand_resources(
            job.wildcards_dict, job.input, 1, skip_evaluation={"tmpdir"}
        )
        known = {k: v for k, v in found.items() if type(v) in (int, str)}
        return cls(job.rule.name, known["_cores"], _Resources(known))

    def size(self, name: str) -> int:
        size = self.resources.get(name, 0)
        return size if isinstance(size, int) else 0


def _accounts(jobs: Iterable[_Asked]) -> list[str]:
    named = {job.resources.get("slurm_account") for job in jobs}
    return sorted(named - {None})


def _unknown(jobs: Iterable[_Asked]) -> Iterator[str]:
    """Yield what the plugin, which would refuse each job, says against accounts."""
    from snakemake_executor_plugin_slurm.accounts import (  # noqa: PLC0415
        validate_account,
    )
    from snakemake_interface_common.exceptions import WorkflowError  # noqa: PLC0415

    for account in _accounts(jobs):
        try:
            validate_account(account, logging.getLogger(NAME))
        except WorkflowError as error:
            yield f"{error} (keys cluster.account and cluster.gpu_account)"


def _without_gpus(jobs: Iterable[_Asked]) -> Iterator[str]:
    """Yield the accounts of GPU jobs that may have none: those would wait for ever."""
    accounts = _accounts(job for job in jobs if job.size("gpu"))
    if not accounts or shutil.which("sacctmgr") is None:
        return
    name = re.search(
        r"^ClusterName\s*=\s*(\S+)", _said("scontrol", "show", "config"), re.M
    )
    here = [f"cluster={name[1]}"] if name else []
    for account in accounts:
        what = ["show", "assoc", f"account={account}", *here, "format=User,GrpTRES"]
        rows = (
            row.split("|", 1) for row in _said("sacctmgr", "-nP", *what).splitlines()
        )
        limits = [tres.split(",") for user, tres in rows if user in ("", getuser())]
        if any("gres/gpu=0" in limit for limit in limits):
            yield f"the account {account} has no GPU: set cluster.gpu_account"


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _refusals(jobs: Iterable[_Asked]) -> Iterator[str]:
    """Yield what Slurm says against the largest jobs of each kind."""
    for job in _largest(jobs):
        asked = _request(job)
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())
            yield f"{job.rule}: {said}; asked by {shlex.join(asked[2:-2])}"


def _largest(jobs: Iterable[_Asked]) -> list[_Asked]:
    names = ("slurm_account", "slurm_partition", "gpu", "gpu_model")
    kinds: dict[tuple, list[_Asked]] = {}
    for job in jobs:
        kind = tuple(job.resources.get(name) for name in names)
        kinds.setdefault(kind, []).append(job)
    largest = {
        id(job): job
        for some in kinds.values()
        for size in ("mem_mb", "runtime", "_cores")
        for job in [max(some, key=lambda one, size=size: one.size(size))]
    }
    return sorted(largest.values(), key=lambda job: job.rule)


def _request(job: _Asked) -> list[str]:
    """Return the call of ``sbatch --test-only`` for a job, as the plugin would ask."""
    from snakemake_executor_plugin_slurm.submit_string import (  # noqa: PLC0415
        get_submit_command,
    )
    from snakemake_executor_plugin_slurm.utils import (  # noqa: PLC0415
        set_gres_string,
    )

    own = {"account": "-A", "partition": "-p"}
    given = {k: job.resources.get(f"slurm_{k}") for k in own}
    flags = {k: f"{own[k]} {shlex.quote(v)}" if v else "" for k, v in given.items()}
    place = {"run_uuid": "test", "slurm_logfile": "/dev/null", "comment_str": "test"}
    line = get_submit_command(job, {**place, **flags, "workdir": None})
    asked = shlex.split(line + set_gres_string(job))
    return [asked[0], "--test-only", *asked[1:], "--wrap", "true"]
