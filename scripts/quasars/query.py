"""Choose the targets most worth a label and show them."""

from skyloom.io.documents import write_json
from skyloom.plots import style
from skyloom.quasars.query.figures import contact_sheet, write_stamps
from skyloom.quasars.query.select import write_query, write_selection
from skyloom.quasars.spectra.store import write_store
from skyloom.quasars.steps.asking import SHEET, Asked, ask
from skyloom.run.job import Job
from skyloom.run.provenance import text

job = Job(snakemake)
number = int(job.wildcards.round)
answer = ask(job.input.results, job.input.labels, number, job.settings)
asked = Asked(answer.table, job.input.stores)
record = job.provenance()
write_selection(job.output.selection, answer.table)
write_query(job.output.table, answer.table)
write_json(job.output.steps, {"counts": answer.counts, "provenance": record}, indent=1)
write_store(job.output.spectra, asked.batches(), asked.grid, record)
stamps = list(asked.stamps())
write_stamps(job.output.stamps, stamps, note=text(record))
style.save(contact_sheet(stamps[:SHEET]), job.output.sheet, note=text(record))
