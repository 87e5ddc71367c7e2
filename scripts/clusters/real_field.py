"""List the clusters of a real galaxy catalogue, and say what chance would find."""

from skyloom.clusters import settings
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.finder.catalogue import catalogue
from skyloom.clusters.real_field.transform import read_transform, to_des
from skyloom.clusters.steps import skies
from skyloom.clusters.steps.calibrating import read_calibration
from skyloom.clusters.steps.thresholds import read_threshold
from skyloom.io.documents import write_json
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
section, record = job.settings["finder"], job.provenance(job.input.galaxies)
known = job.input.calibration
calibration = read_calibration(known[0]) if known else None
threshold = read_threshold(known)
real, random = skies.merged_skies(job.input.tiles, settings.merging(section))
table = catalogue(real, calibration, least=section["least"], provenance=record)
for path in (job.output.fits, job.output.ecsv):
    skies.write_found(path, table, threshold)
chance = [catalogue(each, calibration)["PROBABILITY"] for each in random]
galaxies, footprint = skies.read_sky(job.input.galaxies)
tables = job.checkout / "resources" / "clusters"
galaxies = to_des(galaxies, read_transform(tables))
red_sequence = read_red_sequence(tables / "red_sequence.csv")
own = {"limit": job.settings["real_field"]["limit"]}
how = settings.matched_filter(job.settings["baselines"]["matched_filter"] | own)
other = skies.filtered(galaxies, footprint, red_sequence, how)
other.meta["provenance"] = record
write_catalogue(job.output.matched_filter, other)
report = skies.counted(table["PROBABILITY"], chance, footprint.area, threshold)
report |= {"matched_filter": len(other), "provenance": record}
write_json(job.output.report, report, indent=1)
