"""Write the spectra of each galaxy of a chunk."""

from functools import partial

from skyloom.run.job import Job
from skyloom.spectra.tasks import galaxies

job = Job(snakemake)
files = galaxies.products(job.output.flux, ("flux", "ivar", "info"))
given = {"chunks": list(job.input.flux), "recipe": job.recipe}
split = partial(galaxies.split_galaxy, galaxies=job.settings["galaxies"], **given)
job.each(files, split, files=files, rescue=partial(galaxies.without_spectra, **given))
