"""Judgement: rounds on the survey's truth, and given files."""

GIVEN = config["evaluate"]
NOISES = GIVEN["noise"]
CLASSIFIES = inputs.ensemble(config) if GIVEN["spectra"] else {}
FILES = "<results>/classified/noise{noise}"
CLASSIFIED = expand(f"{FILES}/catalogue.csv", noise=NOISES) if GIVEN["spectra"] else []
EVALUATED = (
    expand(f"{FILES}/metrics.json", noise=NOISES) if GIVEN["truth"] else CLASSIFIED
)
SUMMARY = {
    "rounds": expand(
        "<results>/evaluation/round{round}.json", round=ROUNDS if TRUTH else []
    ),
    "comparisons": expand("<results>/comparison/round{round}.json", round=ROUNDS[1:]),
    "files": EVALUATED if GIVEN["truth"] else [],
}

JUDGED = {
    "rates": "Completeness and purity by S/N and redshift",
    "redshifts": "Redshifts against the truth",
    "reliability": "Reliability of scores and probabilities",
    "pile_up": "Redshifts of single lines and of all",
}


# Completeness, purity, redshifts and calibration of a round, on the reserved targets.
rule evaluate_round:
    input:
        results="<results>/catalogue/round{round}/ensemble_results.csv",
        calibration="<results>/ensemble/round{round}/calibration.json",
        networks=lambda wildcards: MADE(wildcards.round, "keras")[:1],
        labels="<results>/labels/round{round}.csv",
        truth=lambda _: inputs.survey_truth(config, needed=True),
    output:
        **{
            name: report(
                f"<results>/evaluation/round{{round}}/{name}.pdf",
                category="Quasars",
                subcategory="Round {round}",
                caption=f"../../report/quasars/{name}.rst",
                labels={"shown": words},
            )
            for name, words in JUDGED.items()
        },
        report="<results>/evaluation/round{round}.json",
        table="<results>/evaluation/round{round}.csv",
    log:
        "<logs>/evaluate_round/round{round}.log",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1500, per_input_mb=4),
        runtime=minutes(60),
    params:
        settings=pick(
            config,
            "query.reserve",
            "seed",
            "survey.n_detect",
            "thresholds",
        ),
        code=digest("scripts/quasars/evaluate_round.py"),
    message:
        "How good round {wildcards.round} is"
    script:
        "../../../scripts/quasars/evaluate_round.py"


# What changes from the round before: which targets flip, how redshifts move.
rule compare_rounds:
    input:
        results=lambda wildcards: expand(
            "<results>/catalogue/round{round}/ensemble_results.csv",
            round=[int(wildcards.round) - 1, int(wildcards.round)],
        ),
        calibrations=lambda wildcards: expand(
            "<results>/ensemble/round{round}/calibration.json",
            round=[int(wildcards.round) - 1, int(wildcards.round)],
        ),
        labels="<results>/labels/round{round}.csv",
        truth=TRUTH,
    output:
        report="<results>/comparison/round{round}.json",
        flips="<results>/comparison/round{round}_flips.csv",
        figure=report(
            "<results>/comparison/round{round}.pdf",
            category="Quasars",
            subcategory="Round {round}",
            caption="../../report/quasars/comparison.rst",
            labels={"shown": "What changed from the round before"},
        ),
    log:
        "<logs>/compare_rounds/round{round}.log",
    wildcard_constraints:
        round=r"([2-9]|[1-9]\d+)",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1500, per_input_mb=4),
        runtime=minutes(60),
    params:
        settings=pick(
            config,
            "query.reserve",
            "seed",
            "survey.n_detect",
            "thresholds",
        ),
        code=digest("scripts/quasars/compare_rounds.py"),
    message:
        "Round {wildcards.round} against the one before"
    script:
        "../../../scripts/quasars/compare_rounds.py"


# Given spectra, classified: `snakemake quasars_classify`.
rule classify:
    input:
        CLASSIFIED,


# And judged, where their truth is known: `snakemake quasars_evaluate`.
rule evaluate:
    input:
        EVALUATED,


if GIVEN["spectra"]:

    SPECTRA = inputs.spectra(
        GIVEN["spectra"],
        [data_path(GIVEN["truth"])] if GIVEN["truth"] else [],
        fresh=FRESH,
    )

    # The spectra of a folder, by a trained ensemble, as they are or made noisier.
    rule classify_files:
        input:
            **CLASSIFIES,
            **TEMPLATE,
            spectra=SPECTRA,
        output:
            catalogue=f"{FILES}/catalogue.csv",
            rejected=f"{FILES}/rejected.csv",
        log:
            "<logs>/classify_files/noise{noise}.log",
        benchmark:
            "<benchmarks>/classify_files/noise{noise}.tsv"
        conda:
            "../../../envs/quasars.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(2500 + 12 * NETWORKS, per_thread=250),
            runtime=minutes(120),
            gpu=int(config["survey"]["device"] != "cpu"),
            device=config["survey"]["device"],
        params:
            settings=pick(config, "seed", "survey.runner", "thresholds"),
            code=digest("scripts/quasars/classify_files.py"),
        message:
            "Classify the spectra of evaluate.spectra, noise times {wildcards.noise}"
        script:
            "../../../scripts/quasars/classify_files.py"


if GIVEN["truth"]:

    # Completeness, purity and redshifts on spectra whose truth is given.
    rule evaluate_files:
        input:
            **CLASSIFIES,
            catalogue=f"{FILES}/catalogue.csv",
            truth=data_path(GIVEN["truth"]),
        output:
            **{
                name: report(
                    f"{FILES}/{name}.pdf",
                    category="Quasars",
                    subcategory="Given spectra, noise times {noise}",
                    caption=f"../../report/quasars/{name}.rst",
                    labels={"shown": words},
                )
                for name, words in JUDGED.items()
            },
            report=f"{FILES}/metrics.json",
            table=f"{FILES}/rates.csv",
        log:
            "<logs>/evaluate_files/noise{noise}.log",
        conda:
            "../../../envs/quasars.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(30),
        params:
            settings=pick(config, "seed", "thresholds"),
            code=digest("scripts/quasars/evaluate_files.py"),
        message:
            "Judge the spectra of evaluate.spectra, noise times {wildcards.noise}"
        script:
            "../../../scripts/quasars/evaluate_files.py"


# The headline numbers in one file.
rule metrics:
    input:
        **SUMMARY,
    output:
        tree="<results>/metrics.json",
        table=report(
            "<results>/metrics.html",
            category="Quasars",
            subcategory="Headline numbers",
            caption="../../report/quasars/metrics.rst",
            labels={"shown": "Headline numbers"},
        ),
    log:
        "<logs>/metrics.log",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings={},
        code=digest("scripts/quasars/metrics.py"),
    message:
        "Headline numbers"
    script:
        "../../../scripts/quasars/metrics.py"
