"""A simulated survey in DESI's own files, and people who look at its spectra."""

SIMULATED = [name for files in EXPOSURES.values() for name in files]
TABLES = inputs.simulation_tables()
INSPECTED = expand("<results>/raw/vi_{who}.csv", who=inputs.INSPECTORS)


# Exposures of a survey; what its targets are goes apart.
rule simulate_survey:
    input:
        inputs.templates(config["simulate"]["survey"]["objects"]),
    output:
        exposures=SIMULATED,
        truth="<results>/raw/truth.csv",
        targets="<results>/raw/targets.parquet",
        answers=INSPECTED,
    log:
        "<logs>/simulate_survey.log",
    benchmark:
        "<benchmarks>/simulate_survey.tsv"
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(120),
    params:
        settings=pick(config | {"tables": TABLES}, "seed", "simulate.survey", "tables"),
        code=digest("scripts/quasars/simulate_survey.py"),
    message:
        "Simulate a survey of spectra"
    script:
        "../../../scripts/quasars/simulate_survey.py"


# The labelled spectra that the first round starts from.
rule simulate_sample:
    input:
        inputs.templates(config["simulate"]["sample"]["objects"]),
    output:
        store="<results>/spectra/training.h5",
        labels="<results>/labels/round1.csv",
    log:
        "<logs>/simulate_sample.log",
    benchmark:
        "<benchmarks>/simulate_sample.tsv"
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(120),
    params:
        settings=pick(config | {"tables": TABLES}, "seed", "simulate.sample", "tables"),
        code=digest("scripts/quasars/simulate_sample.py"),
    message:
        "Simulate labelled spectra"
    script:
        "../../../scripts/quasars/simulate_sample.py"


# The inspectors look at what a round asks about, and at nothing else.
rule answer_query:
    input:
        asked="<results>/query/round{round}/query.csv",
        answers=INSPECTED,
    output:
        expand("<results>/answers/round{{round}}/vi_{who}.csv", who=inputs.INSPECTORS),
    log:
        "<logs>/answer_query/round{round}.log",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings={},
        code=digest("scripts/quasars/answer_query.py"),
    message:
        "Simulated inspectors answer the query of round {wildcards.round}"
    script:
        "../../../scripts/quasars/answer_query.py"
