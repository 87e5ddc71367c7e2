"""Split a sample by galaxy: what the map is trained on, and what it is judged on."""

from skyloom.run.job import Job
from skyloom.spectra.tasks.sample import PARTS, split_sample

job = Job(snakemake)
targets = {name: (job.output[f"x_{name}"], job.output[f"y_{name}"]) for name in PARTS}
split_sample(job.input.flux, targets, job.provenance())
