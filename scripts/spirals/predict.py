"""Write maps and measures of the galaxies of a chunk."""

import pandas as pd
from skyloom.io.parquet import write_parquet
from skyloom.run.job import Job
from skyloom.spirals.dataset.images import mapped
from skyloom.spirals.network.files import load_model
from skyloom.spirals.network.predict import predict
from skyloom.spirals.tasks.dataset import read_record
from skyloom.spirals.tasks.marks import by_name
from skyloom.spirals.tasks.predicting import Writer

job, asked = Job(snakemake), snakemake.resources
record = read_record(job.input.record)
model, pictures = load_model(job.input.model), mapped(job.input.images, len(record))
found = predict(model, pictures, batch=asked.batch, device=asked.device)
writer = Writer(
    record,
    pictures,
    found,
    model,
    job.settings["seed"],
    job.settings["predict"]["spaxel"],
    job.provenance(),
)
outputs = by_name(job.output.maps)
paths = {name: {"maps": path} for name, path in outputs.items()}
rows = job.each(record, writer.write, files=paths, rescue=writer.rescue, workers=1)
write_parquet(job.output.measures, pd.DataFrame(rows.values()), job.provenance())
