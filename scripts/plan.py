"""Plan a run: how many jobs, core-hours, GPU-hours, GB and files are left to make."""

from pathlib import Path

from skyloom.run import log, plan
from snakemake.api import SnakemakeApi
from snakemake.settings import types

CORES = 10**6  # no job is cut to fewer threads than it asks for

log.start(snakemake.log[0])
checkout, seen = Path(snakemake.scriptdir).parent, plan.Jobs()
# As profiles/default has them.
triggers = (types.RerunTrigger[name] for name in ("MTIME", "PARAMS", "INPUT"))
quiet = types.OutputSettings(quiet={types.Quietness.ALL})
with plan.layer_of(snakemake.config) as layer, SnakemakeApi(quiet) as api:
    workflow = api.workflow(
        resource_settings=types.ResourceSettings(cores=CORES),
        config_settings=types.ConfigSettings(configfiles=[layer]),
        snakefile=checkout / "Snakefile",
    )
    dag = workflow.dag(types.DAGSettings(rerun_triggers=set(triggers)))
    with seen.listening():
        dag.execute_workflow(
            executor="dryrun",
            execution_settings=types.ExecutionSettings(lock=False),
        )
rates = checkout / "resources" / "rates.csv"
plan.write_plan(snakemake.output[0], seen.found, rates, snakemake.config)
