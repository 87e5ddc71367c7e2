"""Write the catalogue of galaxies."""

from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job
from skyloom.spectra.galaxies.files import read_fingerprints
from skyloom.spectra.galaxy_map.catalogue import catalogue
from skyloom.spectra.tasks.galaxy_map import read_placed

job = Job(snakemake)
prints = read_fingerprints(job.input.shares)
table = catalogue(prints, read_placed(job.input.placed, prints))
table.meta["provenance"] = job.provenance()
for path in job.output:
    write_catalogue(path, table)
