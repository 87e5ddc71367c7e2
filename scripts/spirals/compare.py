"""Say whether learning maps and votes together helps."""

import pandas as pd
from skyloom.io.documents import write_json
from skyloom.io.parquet import read_parquet
from skyloom.io.record import text
from skyloom.io.tables import write_csv
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spirals.tasks.comparing import compared, joint_figure

job = Job(snakemake)
trainings, others = job.input.trainings, read_parquet(job.input.baselines)
table = pd.concat([read_parquet(path) for path in trainings], ignore_index=True)
draws, seed = job.settings["evaluate"]["draws"], job.settings["seed"]
report, rows, curves = compared(table, others, draws, seed)
record = job.provenance()
write_json(job.output.report, report | {"provenance": record}, indent=1)
write_csv(job.output.table, rows)
style.save(joint_figure(report, curves), job.output.figure, note=text(record))
