"""Rows of the rebuild matrix: edits of quasars, and which of its rules run again."""

from __future__ import annotations

import edits as do
from rebuild_row import NOTHING, PINNED, Row, together

# Who reads whose products, from the end to the beginning, and their jobs.
# A rule runs once a round, or once a member.
QMETRICS = {"metrics": 1}
COMPARED = together({"compare_rounds": 1}, QMETRICS)
EVALUATED = together({"evaluate_round": 2, "atlas": 1}, QMETRICS)
GATHERED = {"collect_results": 1, "query": 1, "al_querier": 1, "evaluate_round": 1}
GATHERED |= {"atlas": 1}
ROUND2 = together({"train_round2": 2, "calibrate": 1, "run_round2": 2}, GATHERED)
ROUND2 = together(ROUND2, COMPARED)
LABELLED = together({"merge_labels": 1, "gather_labelled": 1}, ROUND2)
ANSWERED = together({"answer_query": 1}, LABELLED)
ASKED = together({"query": 2}, ANSWERED)
COLLECTED = together({"collect_results": 2, "evaluate_round": 2}, ASKED)
RUN = together({"run_round1": 2}, COLLECTED)
CALIBRATED = together({"calibrate": 2}, RUN)
TRAINED = together({"train_round1": 2}, CALIBRATED)
MAPPED = together({"train_som": 1}, RUN)
INGESTED = together({"ingest": 2}, MAPPED)
OBSERVED = together({"simulate_survey": 1}, INGESTED)
SAMPLED = together({"simulate_sample": 1}, TRAINED)
EVERY = together(SAMPLED, OBSERVED)
ROUND3 = together({"train_round3": 2, "calibrate": 1, "run_round3": 2}, GATHERED)
ROUND3 = together({"gather_labelled": 1}, ROUND3, COMPARED)
ROUND3 = together({"answer_query": 1, "merge_labels": 1}, ROUND3)


ROWS = [
    Row(
        "function of one rule, quasars",
        do.body("quasars.evaluation.compare", "compare"),
        quasars=COMPARED,
    ),
    Row(
        "figure of one rule, quasars",
        do.body("quasars.evaluation.figures", "rates_figure"),
        quasars=EVALUATED,
    ),
    Row(
        "trainer",
        do.body("quasars.ensemble.train", "_drawn"),
        quasars=TRAINED,
    ),
    Row("strategy", do.body("quasars.query.strategies", "top"), quasars=ASKED),
    Row(
        "consensus",
        do.body("quasars.survey.consensus", "consensus"),
        quasars=CALIBRATED,
    ),
    Row("votes", do.body("quasars.survey.votes", "vote"), quasars=CALIBRATED),
    Row("merge", do.body("quasars.spectra.inspect", "merge"), quasars=LABELLED),
    Row("of no rule", do.body("quasars.survey.prior", "write_prior"), NOTHING),
    Row(
        "docstring, quasars",
        do.docstring("quasars.evaluation.compare", "compare"),
        NOTHING,
    ),
    Row(
        "script, quasars",
        do.append("scripts/quasars/compare_rounds.py", "assert True\n"),
        quasars=COMPARED,
    ),
    Row(
        "code of a notebook, quasars",
        do.cell("quasars_al_querier", "code"),
        quasars={"al_querier": 1},
    ),
    Row("epochs", do.configure("quasars.train.epochs", "5"), quasars=TRAINED),
    Row("size of the map", do.configure("quasars.som.rows", "5"), quasars=MAPPED),
    Row("cores, quasars", do.configure("quasars.threads", "2"), NOTHING),
    Row("device of members", do.configure("quasars.ensemble.device", "cuda"), NOTHING),
    Row("device, quasars", do.configure("quasars.survey.device", "cuda"), NOTHING),
    Row("runner", do.configure("quasars.survey.runner", "numpy"), quasars=CALIBRATED),
    Row("purity", do.configure("quasars.calibrate.purity", "0.7"), quasars=CALIBRATED),
    Row("number asked", do.configure("quasars.query.n", "9"), quasars=ASKED),
    Row("one round more", do.configure("quasars.rounds", "3"), quasars=ROUND3),
    Row(
        "more to survey",
        do.configure("quasars.simulate.survey.targets", "41"),
        quasars=OBSERVED,
    ),
    Row(
        "more to learn from",
        do.configure("quasars.simulate.sample.targets", "301"),
        quasars=SAMPLED,
    ),
    Row(
        "truth of the survey changed",
        do.change("results/*/quasars/raw/truth.csv"),
        quasars=together(EVALUATED, COMPARED),
    ),
    Row(
        "answers changed",
        do.change("results/*/quasars/answers/round1/vi_AB.csv"),
        quasars=LABELLED,
    ),
    Row(
        "env pin, quasars",
        do.swap("envs/quasars.yaml", PINNED, "numpy=2.4.5"),
        quasars=EVERY,
    ),
]
