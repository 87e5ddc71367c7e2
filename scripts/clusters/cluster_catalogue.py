"""Join the candidates of all tiles in one catalogue."""

from skyloom.clusters.finder.catalogue import catalogue, merge
from skyloom.clusters.tasks.products import read_calibration, read_candidates
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
found = merge([read_candidates(path) for path in job.input.tiles])
calibration = read_calibration(job.input.calibration)
table = catalogue(found, calibration, provenance=job.provenance())
write_catalogue(job.output.fits, table)
write_catalogue(job.output.ecsv, table)
if calibration is None:
    job.log.warning(
        "PROBABILITY is the encoder's own, not calibrated: see the note in %s",
        job.input.calibration,
    )
job.log.info("%d clusters on %d tiles", len(table), len(job.input.tiles))
