"""Train the encoder."""

from pathlib import Path

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.tasks.train import train
from skyloom.run.job import Job


def main(job: Job, logs: Path) -> None:
    colours = job.checkout / "resources" / "clusters" / "red_sequence.csv"
    with job.resuming() as scratch:
        train(
            dict(job.input.items()),
            job.settings,
            read_red_sequence(colours),
            job.output[0],
            scratch,
            logs,
            job.provenance(),
        )


# The processes that read files for the training import this file again.
if __name__ == "__main__":
    main(Job(snakemake), Path(snakemake.log[0]).with_name("tensorboard"))
