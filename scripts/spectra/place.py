"""Place the spectra of a file or of a cube on a trained map."""

from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks.place import picture, place_file, read_model, write_placed

job = Job(snakemake)
model = read_model(job.input.map, job.input.labels)
given = job.input.get("redshifts", job.settings["redshift"])
placed = place_file(job.input.file, model, given, job.settings["seed"])
record = job.provenance()
write_placed(job.output.found, placed, record)
write_json(job.output.report, placed.report | {"provenance": record}, indent=1)
style.save(picture(placed, model), job.output.picture, dpi=200, note=text(record))
