"""List the clusters of a real galaxy catalogue, and say what chance would find."""

from skyloom.clusters.baselines.member_list import of_list
from skyloom.clusters.finder.merge import merge
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.real_field.verdict import verdict
from skyloom.clusters.tasks.products import by_sky, read_candidates
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
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
found = [read_candidates(job.input.members)], [filtered["real"]]
members = of_list(*found, lists["clusters"])
members.meta["provenance"] = record
write_catalogue(job.output.members, members)
write_json(job.output.report, report | {"provenance": record}, indent=1)
