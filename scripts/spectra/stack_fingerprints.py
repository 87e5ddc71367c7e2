"""Put the fingerprints of all galaxies into one array, with what is known of each."""

from skyloom.run.job import Job
from skyloom.spectra.galaxies.files import write_fingerprints
from skyloom.spectra.tasks.galaxies import galaxies_of, stack

job = Job(snakemake)
shares, table, layout = stack(job.input.shares, galaxies_of(job.input.training))
table.meta["provenance"] = job.provenance()
write_fingerprints(job.output.shares, shares, table, layout)
