"""Fetch the image of a galaxy."""

from skyloom.run.job import Job
from skyloom.spirals.tasks.retrieve import cutout

job = Job(snakemake)
asked = job.settings["retrieve"]
name, (master,) = job.wildcards.galaxy, job.input.master
found = cutout(asked["cutouts"], asked["layer"], name, master, job.output[0])
if found:
    job.log.info("%s: sha256 %s", name, found)
else:
    job.log.warning("%s was not matched: an empty file", name)
