"""Write the page of the atlas that shows galaxies with their maps of arms and bars."""

from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.run.job import Job
from skyloom.spirals.tasks.atlas import galaxies

job = Job(snakemake)
names = job.settings["names"]
files = {kind: job.input.get(kind) for kind in job.settings["kinds"]}
data, pictures = galaxies(files, names) if names else ({"objects": []}, [])
n_left = data.get("total", 0) - len(names)
write_page(
    job.output[0],
    title="spirals: galaxies with maps of their arms and bars, and their votes",
    opening="Where volunteers would mark arms and a bar, how they would vote, and what "
    "follows for the galaxy.",
    data=data,
    sprite=sprite(pictures),
    program=program("spirals"),
    provenance=job.provenance(),
    warnings=[f"{n_left} more galaxies are in the catalogue."] if n_left > 0 else [],
)
