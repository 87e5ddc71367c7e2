"""Fetch what the volunteers of a subject were shown."""

from skyloom.builder.images.retrieve import download, subject_urls
from skyloom.io.zooniverse import read_subjects
from skyloom.run.job import Job

job = Job(snakemake)
table = read_subjects(job.input.subjects[0]).set_index("subject_id")
urls = subject_urls(table.loc[int(job.wildcards.subject), "locations"])
retry = job.settings["retrieve"]
for name, path in job.output.items():
    url = urls[f"{name}.{'png' if name == 'image' else 'json'}"]
    download(url, path, attempts=retry["attempts"], timeout=retry["timeout"])
