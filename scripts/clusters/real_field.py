"""List the clusters of a real galaxy catalogue, and say what chance would find."""

from skyloom.clusters.finder.catalogue import merge
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.real_field.verdict import verdict
from skyloom.clusters.tasks.products import by_sky, read_candidates
from skyloom.io.documents import write_json
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
record = job.provenance(job.input.galaxies)
_, footprint = read_field(job.input.galaxies)
encoder = {
    name: merge([read_candidates(path) for path in paths])
    for name, paths in by_sky(job.input.looked).items()
}
filtered = {
    name: read_candidates(path) for name, (path,) in by_sky(job.input.filtered).items()
}
purity, seed = job.settings["evaluate"]["purity"], job.settings["seed"]
lists, report = verdict(filtered, encoder, footprint.area, purity, seed)
files = {
    "clusters": [job.output.fits, job.output.ecsv],
    "matched_filter": [job.output.matched_filter],
}
for name, table in lists.items():
    threshold = report[name]["threshold"]
    table.meta = {"provenance": record, "threshold": threshold}
    for path in files[name]:
        write_catalogue(path, table, {"THRESHLD": (threshold, "pure from here on")})
write_json(job.output.report, report | {"provenance": record}, indent=1)
