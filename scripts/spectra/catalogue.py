"""Write the catalogue of galaxies."""

from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job
from skyloom.spectra.galaxies.files import read_fingerprints
from skyloom.spectra.galaxy_map.catalogue import catalogue
from skyloom.spectra.tasks.galaxy_map import read_galaxy_map, same_map

job = Job(snakemake)
made, prints = read_galaxy_map(job.input.model), read_fingerprints(job.input.shares)
same_map(job.input.shares, made, prints)
table = catalogue(prints, made)
table.meta["provenance"] = job.provenance()
for path in job.output:
    write_catalogue(path, table)
