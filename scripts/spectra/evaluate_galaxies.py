"""Judge the map of galaxies, beside its baselines."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spectra.galaxies.files import read_fingerprints
from skyloom.spectra.galaxy_map.evaluation import evaluate
from skyloom.spectra.tasks import galaxy_map

job = Job(snakemake)
seed, prints = job.settings["seed"], read_fingerprints(job.input.shares)
made = galaxy_map.read_galaxy_map(job.input.model)
galaxy_map.same_map(job.input.shares, made, prints)
report = evaluate(made, prints, galaxy_map.truth_of(job.input.truth), seed)
write_json(job.output[0], report | {"provenance": job.provenance()}, indent=1)
