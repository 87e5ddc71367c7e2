"""List the clusters of a real galaxy catalogue, and say what chance would find."""

from skyloom.clusters.baselines.matched_filter import find_clusters
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.finder.catalogue import catalogue
from skyloom.clusters.real_field.counts import counted
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.real_field.sdss import read_transform, to_des
from skyloom.clusters.tasks import products
from skyloom.io.documents import write_json
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
record = job.provenance(job.input.galaxies)
calibration = products.read_calibration(job.input.calibration)
threshold = products.read_threshold(job.input.calibration)
real, *random = [products.read_candidates(path) for path in job.input.skies]
table = catalogue(real, calibration, provenance=record)
table.meta["threshold"] = threshold
card = {"THRESHLD": (threshold, "PROBABILITY from which on it is pure")}
for path in (job.output.fits, job.output.ecsv):
    write_catalogue(path, table, card)
chance = [catalogue(each, calibration)["PROBABILITY"] for each in random]
galaxies, footprint = read_field(job.input.galaxies)
tables = job.checkout / "resources" / "clusters"
other = find_clusters(
    to_des(galaxies, read_transform(tables)),
    read_red_sequence(tables / "red_sequence.csv"),
    footprint,
    footprint.area * 3600.0,
    limit=job.settings["real_field"]["limit"],
)
other.meta["provenance"] = record
write_catalogue(job.output.matched_filter, other)
report = counted(table["PROBABILITY"], chance, footprint.area, threshold)
report |= {"matched_filter": len(other), "provenance": record}
write_json(job.output.report, report, indent=1)
