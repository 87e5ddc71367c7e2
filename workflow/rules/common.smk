# What every module of rules shares, `include:`d first. All of it is library code, so
# that it can be tested; no area's rules see another area's.
import sys
from functools import partial

sys.path.insert(0, f"{workflow.current_basedir}/../lib")

from snakemake.jobs import Job
from snakemake.persistence import PersistenceBase

from skyloom.run.areas import area_config, area_folders, check_interpreter, validated
from skyloom.run.chunks import allowed_rules, assign, needed
from skyloom.run.config import pick
from skyloom.run.console import Console, leave_out_code
from skyloom.run.digest import code_of
from skyloom.run.failures import remember_failures
from skyloom.run.layers import check_layers
from skyloom.run.lock import hold
from skyloom.run.planning import quicken
from skyloom.run.resources import memory, minutes
from skyloom.run.retrieval import batches
from skyloom.slurm import allocation, reasons

quicken()
leave_out_code()
ALLOWED = allowed_rules(sys.argv)  # of a job; it reads no other chunk's rules
# What is to be fetched, which the main process does.
retrieved = partial(batches, downloads=config.get("downloads"), asked=sys.argv)


# With `--sdm conda apptainer` alone; what it is built of: envs/apptainer.def.
containerized: f"{workflow.basedir}/skyloom.sif"
