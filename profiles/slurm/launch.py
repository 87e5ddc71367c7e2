"""Run the workflow on Slurm and see it through outages: `launch.py TARGETS OPTIONS`.

What Snakemake takes: targets, --configfile, --config. From a login node, in tmux, with
the Python of the head's environment. It cancels what a killed start has left, starts
Snakemake with this profile, starts it again where Slurm, a node or Snakemake was the
cause of its end, and tells what runs, what waits, and what failed and why. Snakemake's
own words are in logs/slurm/head.log. Ctrl-C cancels all jobs.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "lib"))

from skyloom.slurm.launch import LaunchError, launch

if __name__ == "__main__":
    if {"-h", "--help"} & {*sys.argv[1:]}:
        sys.exit(__doc__)
    try:
        sys.exit(launch(sys.argv[1:]))
    except LaunchError as error:
        sys.exit(str(error))
