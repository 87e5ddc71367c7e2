"""Run the notebook of a rule on the rule's files."""

from pathlib import Path

from skyloom.run.job import Job
from skyloom.run.notebook import execute, named_files

job = Job(snakemake)
outputs = named_files(job.output)
product = Path(outputs.pop("notebook"))
parameters = {
    "inputs": named_files(job.input),
    "outputs": outputs,
    "settings": job.settings,
    "provenance": job.provenance(),
}
notebook = job.checkout / "notebooks" / f"quasars_{product.name}"
execute(notebook, product, parameters, job.checkout / "workflow" / "lib")
