"""Fetch a calibrated SDSS frame."""

from skyloom.builder.images.retrieve import frame_url
from skyloom.io.download import download
from skyloom.run.job import Job

job = Job(snakemake)
frame, retry = job.wildcards, job.settings["retrieve"]
url = frame_url(
    retry["frames"],
    int(frame.run),
    int(frame.camcol),
    int(frame.field),
    band=frame.band,
)
given = {key: retry[key] for key in ("attempts", "timeout")}
job.log.info("%s: sha256 %s", url, download(url, job.output[0], **given))
