"""Write the page of the atlas that shows clusters, and the tiles that they lie on."""

from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks import atlas
from skyloom.run.job import Job

job = Job(snakemake)
known, names = job.settings["evaluate"], job.settings["tiles"]
images = {*job.input.get("images", ())}  # of a survey, too large to be read twice
read = [path for path in job.input if path not in images]
files = {kind: job.input.get(kind) for kind in job.settings["kinds"]}
data, pictures = {"survey": None, "real_field": None, "matches": None}, []
if names:
    rule = Rule(radius=known["radius"], dz=known["dz"])
    data["survey"], pictures = atlas.survey(files, names, rule)
if "real_field" in files:
    kinds = ("real_field", "real_members", "real_report")
    data["real_field"] = atlas.real_field(*(files[kind] for kind in kinds))
if "pairs" in files:
    data["matches"] = atlas.matches(files["pairs"], files["rates"])
write_page(
    job.output[0],
    title="clusters: tiles, what was found in them, and how sure it is",
    opening="The catalogue cluster by cluster and tile by tile, in sky coordinates, "
    "with what each finder sees.",
    data=data,
    sprite=sprite(pictures, atlas.MOST_SIDE),
    program=program("clusters"),
    provenance=job.provenance(read),
    warnings=atlas.left_out(data, job.settings["n_tiles"]),
)
