"""Validate and merge the classification exports."""

import pandas as pd
from skyloom.builder.tasks.tables import (
    REJECTED,
    known_subjects,
    merged_classifications,
    upstream_classifications,
)
from skyloom.io.tables import write_csv
from skyloom.io.zooniverse import write_classifications
from skyloom.run.job import Job

job = Job(snakemake)
if job.settings["source"] == "upstream":
    write_csv(job.output.kept, upstream_classifications(job.input.exports))
    rejected = pd.DataFrame(columns=REJECTED)
else:
    kept, rejected = merged_classifications(
        job.input.exports,
        job.settings["subjects"],
        known_subjects(job.input.subjects, job.settings["subjects"]),
        job.settings["volunteers"]["workflow_id"],
    )
    write_classifications(job.output.kept, kept)
job.log.info("%d classifications rejected", len(rejected))
write_csv(job.output.rejected, rejected)
job.note_provenance()
