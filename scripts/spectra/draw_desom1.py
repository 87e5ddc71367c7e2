"""Draw the map of spectra: its training, prototypes, hits and reconstructions."""

from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks.desom import draw_map

job = Job(snakemake)
gamma = job.settings["desom"]["training"]["gamma"]
files = (job.input.model, job.input.log, job.input.flux, job.input.info)
drawn = draw_map(*files, gamma, job.settings["seed"])
for name, figure in drawn.items():
    style.save(figure, job.output[name], note=text(job.provenance()))
