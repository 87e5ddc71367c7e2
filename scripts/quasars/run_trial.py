"""Let all strategies learn in one simulated world."""

from skyloom.io.tables import write_csv
from skyloom.quasars.evaluate.trials import run_trial
from skyloom.quasars.settings import targets
from skyloom.run.job import Job

job = Job(snakemake)
objects = targets(job.settings["learning"]["objects"])
write_csv(job.output[0], run_trial(int(job.wildcards.seed), targets=objects))
job.note_provenance()
