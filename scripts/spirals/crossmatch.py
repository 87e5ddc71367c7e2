"""Match GZ3D's galaxies with Galaxy Zoo DESI and SAMI."""

from skyloom.io.documents import write_json
from skyloom.io.parquet import write_parquet
from skyloom.io.tables import read_own_csv, write_csv
from skyloom.run.job import Job
from skyloom.spirals.tasks.tables import matched

job = Job(snakemake)
kinds = ("base", "votes", "sami")
lists = [job.input.get(kind, []) for kind in kinds]
lists = [[one] if isinstance(one, str) else one for one in lists]
sheet = read_own_csv(job.input.gz3d, dtype={"name": str, "mangaid": str})
table, targets, counts = matched(sheet, *lists, job.settings["match"]["radius"])
record = job.provenance()
write_parquet(job.output.master, table, record)
write_csv(job.output.csv, table)
write_csv(job.output.sami, targets)
write_json(job.output.counts, counts | {"provenance": record}, indent=1)
