"""Write the page that leads to those of the areas."""

from pathlib import Path

from skyloom.atlas.page import write_index
from skyloom.run.job import Job

WORDS = {
    "builder": "galaxies: image, model, residual, what volunteers drew, parameters",
    "quasars": "whom to look at next, with buttons to answer; rates by threshold",
    "clusters": "tiles in colour, the clusters in them and who found them",
    "spectra": "the map of spectra and the map of galaxies, unit by unit",
    "spirals": "galaxies with their maps of arms and bars, votes and measures",
}
job = Job(snakemake)
areas = {Path(page).stem: WORDS[Path(page).stem] for page in job.input}
run = Path(job.output[0]).parent.parent.name
write_index(job.output[0], run, areas, job.provenance())
