"""Fetch what the volunteers of subjects were shown."""

from functools import partial
from pathlib import Path

from skyloom.builder.tasks.retrieve import fetched
from skyloom.builder.tasks.tables import subject_files
from skyloom.run.job import Job
from skyloom.run.retrieval import fetch

job = Job(snakemake)
subjects = sorted({int(Path(path).parent.name) for path in job.output})
urls = subject_files(job.input.subjects, subjects)
fetch(job.output, partial(fetched, urls), job.rule)
