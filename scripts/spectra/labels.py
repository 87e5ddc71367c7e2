"""Learn the labels of a map from its training spectra."""

from dataclasses import replace

from skyloom.run.job import Job
from skyloom.spectra.config_map import Labels
from skyloom.spectra.labels.files import write_labels
from skyloom.spectra.tasks.labels import train_labels

job = Job(snakemake)
how, seed = Labels.stated(job.settings["labels"]), job.settings["seed"]
model = train_labels(job.input.map, job.input.flux, job.input.info, how, seed)
about = model.about | {"provenance": job.provenance()}
write_labels(job.output[0], replace(model, about=about))
