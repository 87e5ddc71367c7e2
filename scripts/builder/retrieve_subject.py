"""Fetch what the volunteers of a subject were shown."""

from pathlib import Path

from skyloom.builder.tasks.retrieve import retrieve
from skyloom.builder.tasks.tables import subject_files
from skyloom.run.job import Job

job = Job(snakemake)
urls = subject_files(job.input.subjects, int(job.wildcards.subject))
for path in job.output:
    url = urls[Path(path).name]
    job.log.info("%s: sha256 %s", url, retrieve(url, path))
