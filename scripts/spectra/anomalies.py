"""List the spectra of the placed files that are least like the map's own."""

from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job
from skyloom.spectra.tasks.anomalies import anomalies

job = Job(snakemake)
table = anomalies(job.input)
table.meta["provenance"] = job.provenance()
write_catalogue(job.output[0], table)
job.log.info("%d spectra beyond 99 %% of the map's own, in either length", len(table))
