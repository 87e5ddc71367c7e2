"""Write the fingerprint of each galaxy of a chunk."""

from skyloom.run.job import Job
from skyloom.spectra.config_galaxies import Fingerprints
from skyloom.spectra.tasks import galaxies

job = Job(snakemake)
files = galaxies.products(job.output.shares, ("flux", "info"))
making = galaxies.Fingerprinting(
    map_file=job.input.map,
    files=galaxies.by_name(job.input.flux),
    galaxies=job.settings["galaxies"],
    settings=Fingerprints.stated(job.settings["fingerprints"]),
    recipe=job.recipe,
)
job.each(files, making.make, files=files, rescue=making.without)
