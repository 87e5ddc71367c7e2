"""Join what the matched filter and the encoder find on all tiles in one catalogue."""

from skyloom.clusters.finder.catalogue import LEAST, catalogue
from skyloom.clusters.finder.joint import merged
from skyloom.clusters.tasks.products import read_calibration, read_candidates
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
filtered, encoder = (
    [read_candidates(path) for path in paths]
    for paths in (job.input.matched_filter, job.input.detections)
)
found = merged(filtered, encoder, read_calibration(job.input.calibration))
table = catalogue(found, least=LEAST, provenance=job.provenance())
write_catalogue(job.output.fits, table)
write_catalogue(job.output.ecsv, table)
job.log.info("%d clusters on %d tiles", len(table), len(encoder))
