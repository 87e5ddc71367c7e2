# What every module of rules shares, `include:`d first. All of it is library code, so
# that it can be tested; no area's rules see another area's.
import sys
from functools import partial

sys.path.insert(0, f"{workflow.current_basedir}/../lib")

from skyloom.run.areas import area_config, area_folders, check_interpreter, validated
from skyloom.run.chunks import allowed_rules, assign, opened
from skyloom.run.config import pick
from skyloom.run.digest import code_of
from skyloom.run.layers import check_layers
from skyloom.run.planning import quicken
from skyloom.run.resources import by_attempt, memory
from skyloom.run.retrieval import batches

quicken()
ALLOWED = allowed_rules(sys.argv)  # of a job; it reads no other chunk's rules
# What is to be fetched, which the main process does.
retrieved = partial(batches, downloads=config.get("downloads"), asked=sys.argv)
