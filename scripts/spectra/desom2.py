"""Train the map of galaxies."""

from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.som.figures import overview
from skyloom.som.quality import occupancy
from skyloom.spectra.config_galaxies import GalaxyMap
from skyloom.spectra.desom.figures import losses
from skyloom.spectra.desom.history import write_log
from skyloom.spectra.galaxies.files import read_fingerprints
from skyloom.spectra.galaxy_map.figures import prototypes
from skyloom.spectra.tasks import galaxy_map

job = Job(snakemake)
prints = read_fingerprints(job.input.shares)
settings = GalaxyMap.stated(job.settings["galaxy_map"])
with job.resuming() as folder:
    made, history = galaxy_map.train_galaxy_map(
        job.input.shares, settings, job.settings["seed"], folder
    )
record = job.provenance()
galaxy_map.write_galaxy_map(job.output.model, made, record)
write_log(job.output.log, history)
hits = occupancy(made.place(prints.part("train"))[0], made.som.shape)
drawn = {"loss": losses(history), "prototypes": prototypes(made)}
for name, figure in (drawn | {"hits": overview(made.som, hits)}).items():
    style.save(figure, job.output.get(name), note=text(record))
