"""Fetch what the volunteers of a subject were shown."""

from skyloom.builder.steps.tables import subject_files
from skyloom.io.download import download
from skyloom.run.job import Job

job = Job(snakemake)
urls = subject_files(job.input.subjects, int(job.wildcards.subject))
retry = job.settings["retrieve"]
for name, path in job.output.items():
    url = urls[f"{name}.{'png' if name == 'image' else 'json'}"]
    sha256 = download(url, path, attempts=retry["attempts"], timeout=retry["timeout"])
    job.log.info("%s: sha256 %s", url, sha256)
