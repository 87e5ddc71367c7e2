"""Learn the labels of a map from its training spectra."""

from dataclasses import replace

from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job
from skyloom.spectra.config_map import Labels
from skyloom.spectra.labels.files import write_labels
from skyloom.spectra.tasks.labels import train_labels

job = Job(snakemake)
how, seed = Labels.stated(job.settings["labels"]), job.settings["seed"]
model, nodes = train_labels(job.input.map, job.input.flux, job.input.info, how, seed)
record = job.provenance()
about = model.about | {"provenance": record}
write_labels(job.output.labels, replace(model, about=about))
nodes.meta["provenance"] = record
write_catalogue(job.output.nodes, nodes)
