"""Write the page of the atlas that shows quasars."""

from skyloom.atlas.page import program, write_page
from skyloom.quasars.tasks.atlas_page import contents
from skyloom.run.job import Job

job = Job(snakemake)
data, pictures, notes = contents(dict(job.input.items()), job.settings)
# Not the spectra: of a large survey they are thousands, and the tables name theirs.
spectra = {*job.input.get("stores", ()), *job.input.get("given", ())}
write_page(
    job.output[0],
    title="quasars: whom to look at next, and how good the networks are",
    opening="Each spectrum with the networks' votes, lines and redshift. The query is "
    "answered here: the buttons make the table that the next round learns from.",
    data=data,
    sprite=pictures,
    program=program("quasars"),
    provenance=job.provenance([path for path in job.input if path not in spectra]),
    warnings=notes,
)
