"""Train a baseline of the map: a plain map, a map of amplitudes, k-means."""

from dataclasses import replace

from skyloom.run.job import Job
from skyloom.spectra.config_map import Desom
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.tasks.maps import train_baseline

job = Job(snakemake)
made = train_baseline(
    job.wildcards.kind,
    job.input.flux,
    job.input.info,
    Desom.stated(job.settings["desom"]),
    job.settings["seed"],
)
write_map(job.output[0], replace(made, about={"provenance": job.provenance()}))
