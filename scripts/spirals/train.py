"""Train a network on maps, on votes, or on both."""

from pathlib import Path

from skyloom.run.job import Job
from skyloom.spirals.config import Config
from skyloom.spirals.tasks.training import machine, train


def main(job: Job, resources, logs: Path) -> None:
    settings = job.settings_by("train", **machine(resources))
    with job.resuming() as scratch:
        train(
            dict(job.input.items()),
            Config.stated(settings),
            job.settings["seed"],
            dict(job.wildcards.items()),
            job.output[0],
            scratch,
            logs=logs,
            provenance=job.provenance(),
        )


# The processes that read files for the training import this file again.
if __name__ == "__main__":
    logs = Path(snakemake.log[0]).with_name("tensorboard")
    main(Job(snakemake), snakemake.resources, logs)
