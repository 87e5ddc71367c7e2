"""Train a network that restores hidden parts of pictures."""

from pathlib import Path

from skyloom.run.job import Job
from skyloom.spirals.config import Config
from skyloom.spirals.tasks.training import inpaint, machine


def main(job: Job, resources, logs: Path) -> None:
    settings = job.settings_by("train", **machine(resources))
    with job.resuming() as scratch:
        inpaint(
            dict(job.input.items()),
            Config.stated(settings),
            job.settings["seed"],
            job.output[0],
            scratch,
            logs=logs,
            provenance=job.provenance(),
        )


if __name__ == "__main__":
    logs = Path(snakemake.log[0]).with_name("tensorboard")
    main(Job(snakemake), snakemake.resources, logs)
