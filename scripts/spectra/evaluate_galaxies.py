"""Judge the map of galaxies, beside its baselines."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spectra.galaxies.files import read_fingerprints
from skyloom.spectra.galaxy_map.evaluation import evaluate
from skyloom.spectra.tasks.galaxy_map import read_placed, truth_of

job = Job(snakemake)
prints = read_fingerprints(job.input.shares)
made, truth = read_placed(job.input.placed, prints), truth_of(job.input.truth)
report = evaluate(made, prints, truth, job.settings["seed"])
write_json(job.output[0], report | {"provenance": job.provenance()}, indent=1)
