"""Calibrate an ensemble, out of bag: threshold, probabilities, redshifts."""

from skyloom.io.parquet import write_parquet
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.quasars.config import Calibrate, Survey
from skyloom.quasars.evaluation.figures import purity_figure
from skyloom.quasars.survey.ensembles import write_calibration
from skyloom.quasars.tasks.calibration import calibrate_round
from skyloom.run.job import Job

job = Job(snakemake)
how = job.settings_by("survey", device=snakemake.resources.device)["survey"]
found = calibrate_round(
    job.input.networks,
    job.input.draws,
    job.input.stores,
    job.input.labels,
    Survey.stated(how),
    Calibrate.stated(job.settings["calibrate"]),
    held=job.settings["ensemble"]["held_out"],
    seed=job.settings["seed"],
    threads=job.threads,
)
record = job.provenance()
about = {"targets": found.rows["TARGETID"].nunique(), "calibration": found.errors}
made = found.redshift, found.probability, found.threshold._asdict()
about |= {"provenance": record}
write_calibration(job.output.calibration, *made, how, about)
write_parquet(job.output.rows, found.rows, record)
figure = purity_figure(found.curve, found.threshold)
style.save(figure, job.output.purity, note=text(record))
