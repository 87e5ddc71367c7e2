"""Compare the catalogue with the published one, its defects repaired."""

import pandas as pd
from skyloom.builder.steps.analysis import published_tree, read_catalogue
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
ours, published = read_catalogue(job.input.catalogue), pd.read_csv(job.input.published)
tree = published_tree(ours, published, job.settings["catalogue"]["pixel_scale"])
write_json(job.output[0], tree | {"provenance": job.provenance()})
