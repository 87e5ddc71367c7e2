"""Write the page that leads to those of the areas."""

from pathlib import Path

from skyloom.atlas.page import write_index
from skyloom.io.record import text
from skyloom.run import log
from skyloom.run.provenance import VERSIONS, Recipe, versions

WORDS = {
    "builder": "galaxies: image, model, residual, what volunteers drew, parameters",
    "quasars": "whom to look at next, with buttons to answer; rates by threshold",
    "clusters": "tiles in colour, the clusters in them and who found them",
    "spectra": "the map of spectra and the map of galaxies, unit by unit",
    "spirals": "galaxies with their maps of arms and bars, votes and measures",
}
logger = log.start(snakemake.log[0])
logger.info("%s%s", VERSIONS, text(dict(versions())))
recipe = Recipe(dict(snakemake.params.settings), snakemake.params.code)
areas = {Path(page).stem: WORDS[Path(page).stem] for page in snakemake.input}
run = Path(snakemake.output[0]).parent.parent.name
write_index(snakemake.output[0], run, areas, recipe.record(snakemake.input))
