"""Choose the targets most worth a label and show them."""

from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.io.tables import write_csv
from skyloom.plots import style
from skyloom.quasars.config import Query
from skyloom.quasars.query.figures import contact_sheet, write_stamps
from skyloom.quasars.query.select import write_selection
from skyloom.quasars.tasks.query import SHEET, ask, stamps
from skyloom.run.job import Job

job = Job(snakemake)
number = int(job.wildcards.round)
query, seed = Query.stated(job.settings["query"]), job.settings["seed"]
answer = ask(job.input.results, job.input.labels, number, query, seed)
# Not the stores: of a large survey they are thousands, and each stamp has the note.
record = job.provenance([job.input.results, job.input.labels])
write_selection(job.output.selection, answer.table)
write_csv(job.output.table, answer.table)
write_json(job.output.steps, {"counts": answer.counts, "provenance": record}, indent=1)
shown = list(stamps(answer.table, job.input.stores))
write_stamps(job.output.stamps, shown, note=text(record))
style.save(contact_sheet(shown[:SHEET]), job.output.sheet, note=text(record))
