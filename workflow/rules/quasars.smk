"""quasars: spectra with visual labels -> ensembles -> a survey run -> a query, again."""

from functools import partial


include: "common.smk"


from skyloom.quasars import inputs
from skyloom.run.config import data_path

FRESH = workflow.is_main_process  # a job of the run lists no folder
ROUNDS = range(1, config["rounds"] + 1)
EXPOSURES = inputs.exposures(config, fresh=FRESH)
CHUNKS = needed(assign(EXPOSURES, config["chunks"]), ALLOWED)
MEMBERS = assign(range(config["ensemble"]["members"]), config["chunks"])
TRAINED = needed(MEMBERS, ALLOWED)
STORES = [f"<results>/spectra/{name}.h5" for name in sorted(EXPOSURES)]
MADE = partial(inputs.members, config)
TRUTH = inputs.survey_truth(config)
NETWORKS = config["ensemble"]["members"]  # that a job has in memory at once
digest = partial(code_of, env="envs/quasars.yaml")


wildcard_constraints:
    round=r"[1-9]\d*",
    noise=r"[1-9]\d*",


if config["source"] == "simulated":

    include: "quasars/simulate.smk"

else:

    include: "quasars/files.smk"


include: "quasars/spectra.smk"
include: "quasars/ensemble.smk"
include: "quasars/survey.smk"
include: "quasars/query.smk"
include: "quasars/rounds.smk"
include: "quasars/evaluate.smk"
include: "quasars/atlas.smk"


rule all:
    input:
        expand("<results>/catalogue/round{round}/ensemble_results.csv", round=ROUNDS),
        expand("<results>/query/round{round}/targetid_selection.txt", round=ROUNDS),
        expand("<results>/notebooks/round{round}/al_querier.ipynb", round=ROUNDS[-1:]),
        expand("<results>/evaluation/round{round}.json", round=ROUNDS if TRUTH else []),
        expand("<results>/comparison/round{round}.json", round=ROUNDS[1:]),
        EVALUATED,
        "<results>/metrics.json" if ROUNDS or EVALUATED else [],
        "<atlas>/quasars.html",
