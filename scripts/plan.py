"""Plan a run: how many jobs, core-hours, GPU-hours, GB and files are left to make."""

import json
import tempfile
from pathlib import Path

from skyloom.io.atomic import replacing
from skyloom.run import log, plan
from skyloom.run.places import ROOT

log.start(snakemake.log[0])
rates = plan.rates_of(ROOT / "resources" / "rates.csv")
with tempfile.TemporaryDirectory() as folder:
    # The run's settings, wherever they came from, as the only layer.
    layer = Path(folder) / "layer.json"
    layer.write_text(json.dumps(snakemake.config), encoding="utf-8")
    jobs = plan.planned(ROOT / "Snakefile", layer)
written = plan.text(snakemake.config["run"], jobs, rates, snakemake.config)
with replacing(Path(snakemake.output[0])) as temporary:
    temporary.write_text(written, encoding="utf-8")
