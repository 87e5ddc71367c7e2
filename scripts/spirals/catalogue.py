"""Write the catalogue of arms, bars and votes."""

import pandas as pd
from skyloom.io.catalogues import write_catalogue
from skyloom.io.parquet import read_parquet
from skyloom.run.job import Job
from skyloom.spirals.tasks.cataloguing import catalogue

job = Job(snakemake)
table = catalogue(pd.concat([read_parquet(path) for path in job.input]))
table.meta["provenance"] = job.provenance()
for path in job.output:
    write_catalogue(path, table)
