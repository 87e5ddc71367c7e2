"""What a rule's script is given, in the words that adapters use."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from skyloom.io.documents import write_json
from skyloom.io.record import digest_of, text
from skyloom.run import batch, log, provenance
from skyloom.run.parents import end_with_snakemake
from skyloom.run.store import claim, folder_of

RANK = log.RANK
SLURM = "SLURM_JOB_ID"  # set by Slurm


class Job:
    """A running job: its files, its settings, its log and its provenance.

    Attributes
    ----------
    input, output, wildcards, threads
        As in Snakemake.
    settings : dict
        The rule's ``params.settings``: the config keys that the rule reads.
    store : Path
        Folder of unfinished work, of all jobs of the run.
    recipe : Recipe
        The settings and the rule's code digest, for what is made object by object.
    first : bool
        False in the further processes of a script that trains on several devices:
        the first alone writes the log and the products, and cleans up.
    log : logging.Logger
        Writes to the rule's ``log:`` and, see `skyloom.run.log`, to the console.
    checkout : Path
        The folder of the workflow's files, for notebooks.
    """

    def __init__(self, snakemake):
        end_with_snakemake(sys.argv[0])
        self.input, self.output = snakemake.input, snakemake.output
        self.wildcards, self.rule = snakemake.wildcards, snakemake.rule
        self.threads = snakemake.threads
        self.settings = dict(getattr(snakemake.params, "settings", {}))
        self.store = Path(snakemake.config["store"])
        self.recipe = provenance.Recipe(self.settings, snakemake.params.code)
        folder = Path(snakemake.scriptdir).resolve()
        within = (folder, *folder.parents)
        self.checkout = next(p.parent for p in within if p.name == "scripts")
        self.first = os.environ.get(RANK, "0") == "0"
        self._log = snakemake.log[0] if snakemake.log and self.first else None
        self.log = log.start(self._log, self.rule)
        if not self.first:
            self.log.setLevel(logging.WARNING)
        if number := os.environ.get(SLURM):
            self.log.info(_allocation(number, snakemake))
        made_with = text(dict(provenance.versions()))
        self.log.info("%s%s", provenance.VERSIONS, made_with)

    def provenance(self, inputs: Iterable[str | Path] | None = None) -> dict:
        """Return the `record` of a product of these files, or of all inputs."""
        return self.recipe.record(self.input if inputs is None else inputs)

    def note_provenance(self) -> None:
        """Keep the record beside the log, for what has no room for it.

        CSV tables, and exports in a survey's own layout.
        """
        if self._log is not None:
            path = Path(self._log).with_suffix(".provenance.json")
            write_json(path, self.provenance(), indent=1, sealed=False)
            self.log.info("what this was made from: %s", path)

    def each(
        self,
        ids: Iterable[int | str],
        function: Callable,
        files: Mapping | None = None,
        rescue: Callable | None = None,
        workers: int | None = None,
    ) -> dict:
        """Apply a function to every object; see `skyloom.run.batch.each`.

        `workers` processes, as many as the job has cores if not given: 1 where the
        function itself uses all of them, as threads of numerical libraries.
        """
        return batch.each(
            ids,
            function,
            store=self._claimed(),
            key=self._key,
            threads=workers or self.threads,
            inner=self.threads if workers == 1 else 1,
            files=files,
            rescue=rescue,
            description=self.rule,
        )

    def settings_by(self, section: str, **machine: int | str) -> dict:
        """Return the settings with keys of a section that say who computes.

        These are resources of a rule: who computes is no reason to compute again, as
        a key of its settings would be.
        """
        own = self.settings.get(section, {})
        return self.settings | {section: own | machine}

    @contextmanager
    def resuming(self) -> Iterator[Path]:
        """Give a folder whose content survives a kill; see `batch.resuming`.

        A further process is given that of the first, and leaves it as it is.
        """
        if not self.first:
            yield folder_of(self._store, self._key)
            return
        with batch.resuming(self._claimed(), self._key) as folder:
            yield folder

    def _claimed(self) -> Path:
        """Return the store of this job's unfinished work, claimed."""
        claim(self._store, list(self.output), self.store)
        return self._store

    @cached_property
    def _store(self) -> Path:
        outputs = list(self.output)
        return self.store / self.rule / digest_of(outputs)[:16]

    @cached_property
    def _key(self) -> str:
        made_from = self.recipe.record(self.input)
        return digest_of(made_from)


def _allocation(number: str, snakemake) -> str:
    """Say where a job of Slurm runs and what it was given: a kill leaves no more."""
    given = snakemake.resources
    return (
        f"Slurm job {number} on {socket.gethostname()}: {given.mem_mb} MB, "
        f"{given.runtime} minutes, {snakemake.threads} cores"
    )
