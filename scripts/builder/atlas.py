"""Write the page of the atlas that shows the galaxies."""

from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.builder.tasks.atlas import galaxies
from skyloom.builder.tasks.files import SHOWN, by_subject
from skyloom.io.fits import opened
from skyloom.run.job import Job

job = Job(snakemake)
files = {kind: by_subject(job.input[kind]) for kind in job.settings["kinds"]}
with opened(job.input.catalogue) as file:
    data, pictures = galaxies(file.table("CATALOGUE"), files)
left = data["total"] - SHOWN
write_page(
    job.output[0],
    title="builder: galaxies, their models and what volunteers drew",
    opening="Image, model and residual of each galaxy with the drawings, the crowd's "
    "model and the fitted one, and its row of the catalogue.",
    data=data,
    sprite=sprite(pictures),
    program=program("builder"),
    provenance=job.provenance(),
    warnings=[f"{left} more galaxies are in the catalogue."] if left > 0 else [],
)
