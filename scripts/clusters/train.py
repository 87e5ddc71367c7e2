"""Train the encoder."""

from pathlib import Path

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.config import Config
from skyloom.clusters.tasks.train import train
from skyloom.run.job import Job


def main(job: Job, resources, logs: Path) -> None:
    colours = job.checkout / "resources" / "clusters" / "red_sequence.csv"
    with job.resuming() as scratch:
        train(
            dict(job.input.items()),
            Config.stated(job.settings),
            job.settings["seed"],
            read_red_sequence(colours),
            job.output[0],
            scratch,
            logs,
            job.provenance(),
            workers=resources.workers,
            accelerator="gpu" if resources.gpu else "cpu",
            devices=resources.devices,
            threads=resources.train_threads,
        )


# The processes that read files for the training import this file again.
if __name__ == "__main__":
    logs = Path(snakemake.log[0]).with_name("tensorboard")
    main(Job(snakemake), snakemake.resources, logs)
