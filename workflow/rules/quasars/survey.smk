"""The survey run of a round: every exposure classified, and one table of them."""

TEMPLATE = {"template": data_path(config["template"])} if config["template"] else {}

for number in ROUNDS:
    for chunk, names in CHUNKS.items():

        # Votes, lines and redshifts of the exposures of a chunk.
        rule:
            name:
                f"run_round{number}_{chunk}"
            input:
                **TEMPLATE,
                stores=expand("<results>/spectra/{name}.h5", name=names),
                networks=MADE(number, "keras"),
                calibration=f"<results>/ensemble/round{number}/calibration.json",
                som="<results>/som/som.npz",
            output:
                expand(
                    "<results>/exposures/round{round}/{name}.parquet",
                    round=number,
                    name=names,
                ),
            log:
                f"<logs>/run/round{number}/{chunk}.log",
            benchmark:
                f"<benchmarks>/run/round{number}/{chunk}.tsv"
            conda:
                "../../../envs/quasars.yaml"
            threads: config["threads"]
            resources:
                mem_mb=memory(2500 + 12 * NETWORKS, per_thread=250),
                runtime=minutes(240),
                gpu=int(config["survey"]["device"] != "cpu"),
                # Who classifies is no reason to classify again.
                device=config["survey"]["device"],
            params:
                settings=pick(
                    config,
                    *(f"survey.{k}" for k in ("c_th", "n_detect", "runner", "shifts")),
                ),
                code=digest("scripts/quasars/run_survey.py"),
            message:
                f"Classify the exposures of chunk {chunk}, round {number}"
            script:
                "../../../scripts/quasars/run_survey.py"


# One table of all exposures, with the columns that users know.
rule collect_results:
    input:
        expand(
            "<results>/exposures/round{{round}}/{name}.parquet", name=sorted(EXPOSURES)
        ),
    output:
        "<results>/catalogue/round{round}/ensemble_results.csv",
    log:
        "<logs>/collect_results/round{round}.log",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/quasars/collect_results.py"),
    message:
        "Catalogue of round {wildcards.round}"
    script:
        "../../../scripts/quasars/collect_results.py"


# Redshift priors for redrock and the afterburner's table, for one exposure.
rule write_prior:
    input:
        rows="<results>/exposures/round{round}/{tile}/{expid}.parquet",
        networks=lambda wildcards: MADE(wildcards.round, "keras")[:1],
        calibration="<results>/ensemble/round{round}/calibration.json",
    output:
        "<results>/prior/round{round}/{tile}/{expid}.fits",
    log:
        "<logs>/write_prior/round{round}/{tile}-{expid}.log",
    wildcard_constraints:
        tile=r"\d+",
        expid=r"\d+",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings=pick(config, "survey.n_detect", "thresholds"),
        code=digest("scripts/quasars/write_prior.py"),
    message:
        "Priors of exposure {wildcards.tile}/{wildcards.expid}"
    script:
        "../../../scripts/quasars/write_prior.py"
