"""Turn the fields of a chunk into files of data."""

from functools import partial

from skyloom.clusters.config_encoder import Data
from skyloom.clusters.data.files import numbers_of
from skyloom.clusters.tasks.file_data import fields_of, write_fields
from skyloom.clusters.tasks.products import by_field
from skyloom.run.job import Job

job = Job(snakemake)
data = Data.stated(job.settings["data"])
fields = fields_of(job.output, data.n_per_file)
given = {kind: by_field(paths) for kind, paths in job.input.items()}
write = partial(write_fields, fields=fields, files=given, data=data)
files = {numbers_of(path)[0]: {"data": path} for path in job.output}
job.each(files, write, files=files)
job.note_provenance()
