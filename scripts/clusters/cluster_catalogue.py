"""Join the candidates of all tiles in one catalogue."""

from skyloom.clusters import settings
from skyloom.clusters.finder.catalogue import catalogue, write_detections
from skyloom.clusters.finder.merge import merge
from skyloom.clusters.tasks.products import read_calibration, read_candidates
from skyloom.run.job import Job

job = Job(snakemake)
section = job.settings["finder"]
found = merge([read_candidates(p) for p in job.input.tiles], settings.merging(section))
table = catalogue(
    found,
    read_calibration(job.input.calibration),
    least=section["least"],
    provenance=job.provenance(),
)
write_detections(job.output.fits, table)
write_detections(job.output.ecsv, table)
job.log.info("%d clusters on %d tiles", len(table), len(job.input.tiles))
