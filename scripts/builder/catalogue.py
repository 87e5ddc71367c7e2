"""Compile the fits of all galaxies into the catalogue."""

from skyloom.builder.products.catalogue import catalogue
from skyloom.builder.tasks.catalogue import subjects
from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
table = catalogue(subjects(**dict(job.input.items())))
table.meta["provenance"] = job.provenance()
for path in job.output:
    write_catalogue(path, table)
