"""Fetch a file of GZ3D."""

from skyloom.run.job import Job
from skyloom.spirals.tasks.retrieve import gz3d

job = Job(snakemake)
base, name = job.settings["retrieve"]["gz3d"], job.wildcards.galaxy
found = gz3d(base, name, job.input.sums, job.output[0])
job.log.info("%s: sha256 %s", name, found)
