"""Run the notebook of a rule on the rule's files."""

from skyloom.run.job import Job
from skyloom.run.notebook import run_rule

run_rule(Job(snakemake))
