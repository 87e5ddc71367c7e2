"""Compare the strategies over all worlds."""

import pandas as pd
from skyloom.io.documents import write_json
from skyloom.io.tables import write_csv
from skyloom.plots import style
from skyloom.quasars.evaluate import learning
from skyloom.quasars.evaluate.figures import learning_curve
from skyloom.run.job import Job
from skyloom.run.provenance import text

job = Job(snakemake)
runs = pd.concat(map(pd.read_csv, job.input), ignore_index=True)
record = job.provenance()
write_csv(job.output.runs, runs)
runs = learning.checked(runs)
write_csv(job.output.curves, learning.curves(runs))
gains = learning.gains(runs).set_index("strategy").to_dict("index")
write_json(job.output.gains, {"strategies": gains, "provenance": record}, indent=1)
figure = learning_curve(runs, "average precision")
style.save(figure, job.output.figure, note=text(record))
