"""Train the map of the survey's spectra."""

from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.quasars.config import Som
from skyloom.quasars.tasks.som import train_map
from skyloom.run.job import Job
from skyloom.som.figures import overview
from skyloom.som.model import save

job = Job(snakemake)
settings = Som.stated(job.settings["som"])
som, quality, counts = train_map(job.input, settings, job.settings["seed"])
record = job.provenance()
save(job.output.som, som, quality | {"provenance": record})
write_json(job.output.quality, quality | {"provenance": record}, indent=1)
style.save(overview(som, counts), job.output.overview, note=text(record))
