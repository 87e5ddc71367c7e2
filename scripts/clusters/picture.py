"""Draw a tile with the clusters found in it."""

from skyloom.clusters.evaluation.tile_figures import colour_image, found_figure
from skyloom.clusters.images.survey import survey_wcs
from skyloom.clusters.tasks.products import read_candidates, read_threshold
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job

job = Job(snakemake)
table = read_candidates(job.input.catalogue)
found = table[[job.wildcards.tile in tiles.split() for tiles in table["TILES"]]]
picture, block = colour_image(job.input.images)
wcs = survey_wcs(job.input.images[0])
threshold = read_threshold(job.input.calibration)
figure = found_figure(picture, block, wcs, found, threshold)
style.save(figure, job.output[0], note=text(job.provenance()))
