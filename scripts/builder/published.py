"""Compare the catalogue with the published one, its defects repaired."""

import pandas as pd
from skyloom.builder.tasks.analysis import published_tree
from skyloom.builder.tasks.tables import read_catalogue
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
ours, published = read_catalogue(job.input.catalogue), pd.read_csv(job.input.published)
tree = published_tree(ours, published)
write_json(job.output[0], tree | {"provenance": job.provenance()})
