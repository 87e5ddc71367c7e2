"""Find the clusters of a sky of real galaxies with the matched filter."""

from skyloom.clusters.baselines.matched_filter import find_clusters
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.real_field.sdss import read_transform, to_des
from skyloom.clusters.real_field.skies import sky
from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
galaxies, footprint = read_field(job.input.galaxies)
own = sky(galaxies, footprint, job.wildcards.sky, job.settings["seed"])
tables = job.checkout / "resources" / "clusters"
found, members = find_clusters(
    to_des(own, read_transform(tables)),
    read_red_sequence(tables / "red_sequence.csv"),
    footprint,
    footprint.area * 3600.0,
    limit=job.settings["real_field"]["limit"],
)
record = job.provenance(job.input.galaxies)
for path, table in ((job.output.clusters, found), (job.output.members, members)):
    table.meta["provenance"] = record
    write_catalogue(path, table)
