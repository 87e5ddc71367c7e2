"""Fetch an image of a DES tile."""

from skyloom.clusters.tasks.retrieve import retrieve, tile_url
from skyloom.run.job import Job

job = Job(snakemake)
asked, base = job.wildcards, job.settings["retrieve"]["tiles"]
url = tile_url(base, asked.tile, asked.run, asked.band)
found = retrieve(url, job.output[0], job.input.sums)
job.log.info("%s: sha256 %s", url, found)
