"""Fetch an image of a DES tile."""

from skyloom.clusters.tasks.retrieve import tile_url
from skyloom.io.download import download
from skyloom.io.sums import sum_of
from skyloom.run.job import Job

job = Job(snakemake)
asked, retry = job.wildcards, job.settings["retrieve"]
url = tile_url(retry["tiles"], asked.tile, asked.run, asked.band)
wanted = sum_of(job.input.sums[0], url) if job.input.sums else None
job.log.info("%s: sha256 %s", url, download(url, job.output[0], sha256=wanted))
