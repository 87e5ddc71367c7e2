"""Let all strategies learn in one simulated world."""

from skyloom.io.tables import write_csv
from skyloom.quasars.evaluate.trials import run_trial
from skyloom.run.job import Job

job = Job(snakemake)
write_csv(job.output[0], run_trial(int(job.wildcards.seed)))
job.note_provenance()
