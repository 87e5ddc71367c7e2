"""Write which galaxies are learned from."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spirals.catalogue.galaxies import write_galaxies
from skyloom.spirals.config import Config
from skyloom.spirals.tasks.tables import check_sheet, table_of

job = Job(snakemake)
check_sheet(job.input.sheet, job.input.images)
table, counts = table_of(
    job.input.images,
    job.input.marks,
    job.input.master,
    job.input.answers,
    Config.stated(job.settings),
    job.settings["seed"],
)
record = job.provenance()
write_galaxies(job.output.table, table, record)
write_json(job.output.cuts, counts | {"provenance": record}, indent=1)
