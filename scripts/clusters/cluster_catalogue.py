"""Join what the matched filter and the encoder find on all tiles in one catalogue."""

from skyloom.clusters.baselines.member_list import of_list
from skyloom.clusters.finder.catalogue import LEAST, catalogue
from skyloom.clusters.finder.joint import merged
from skyloom.clusters.tasks.products import read_calibration, read_candidates
from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
filtered, members, encoder = (
    [read_candidates(path) for path in job.input.get(kind)]
    for kind in ("matched_filter", "members", "detections")
)
worth = read_calibration(job.input.calibration)
found = merged(filtered, encoder, worth)
record = job.provenance()
table = catalogue(found, least=LEAST, provenance=record)
write_catalogue(job.output.fits, table)
write_catalogue(job.output.ecsv, table)
of_all = of_list(members, filtered, table)
of_all.meta["provenance"] = record
write_catalogue(job.output.members, of_all)
job.log.info(
    "%d clusters on %d tiles, at redshifts of %.2f to %.2f; of others nothing is known",
    *(len(table), len(encoder), *worth.redshifts),
)
