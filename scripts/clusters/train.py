"""Train the encoder."""

from pathlib import Path

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.steps.training import train
from skyloom.run.job import Job

job = Job(snakemake)
logs = Path(snakemake.log[0]).with_name("tensorboard")
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
