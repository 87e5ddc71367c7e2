"""Gather the pictures and maps of marks of a chunk's galaxies."""

from skyloom.run.job import Job
from skyloom.spirals.tasks.dataset import pack, read_record, write_npy

job = Job(snakemake)
images, counts = pack(
    read_record(job.input.record),
    job.input.images,
    job.input.marks,
    job.settings["images"]["size"],
    job.settings["marks"]["volunteers"],
)
write_npy(job.output.images, images)
write_npy(job.output.counts, counts)
job.note_provenance()
