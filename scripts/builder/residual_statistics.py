"""Summarise how good the fits are and what they leave in the images."""

from skyloom.builder.tasks.analysis import residuals_tree
from skyloom.builder.tasks.files import by_subject
from skyloom.io.documents import read_json, write_json
from skyloom.run.job import Job

job = Job(snakemake)
fits = {s: [read_json(path) for path in job.input[s]] for s in ("agg", "bi", "models")}
places = by_subject(job.input.residuals)
fitted = [places[one["subject_id"]] for one in fits["models"] if one["model"]]
tree = residuals_tree(fits, fitted)
write_json(job.output[0], tree | {"provenance": job.provenance()})
