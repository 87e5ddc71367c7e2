# What every module of rules shares. `include:` it first; everything is a function of
# the library, so that it can be tested, and no rule of one area sees another area.
import sys

sys.path.insert(0, f"{workflow.current_basedir}/../lib")

from skyloom.run.chunks import assign
from skyloom.run.config import pick
from skyloom.run.digest import code_of
from skyloom.run.resources import by_attempt
