"""Draw the map of galaxies: its training, prototypes and hits."""

from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks.galaxy_map import draw_galaxy_map

job = Job(snakemake)
gamma = job.settings["galaxy_map"]["training"]["gamma"]
drawn = draw_galaxy_map(job.input.placed, job.input.log, gamma)
for name, figure in drawn.items():
    style.save(figure, job.output[name], note=text(job.provenance()))
