"""Turn the fields of a chunk into files of data."""

from skyloom.clusters.config_encoder import Data
from skyloom.clusters.data.files import numbers_of
from skyloom.clusters.tasks.file_data import Filing, fields_of
from skyloom.clusters.tasks.products import by_field
from skyloom.run.job import Job

job = Job(snakemake)
data = Data.stated(job.settings["data"])
write = Filing(
    fields_of(job.output, data.n_per_file),
    by_field(job.input.images),
    by_field(job.input.catalogs),
    by_field(job.input.truth),
    data,
)
files = {numbers_of(path)[0]: {"data": path} for path in job.output}
job.each(files, write, files=files)
job.note_provenance()
