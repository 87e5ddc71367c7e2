"""Ensembles: bootstrap, training, and what the answers are worth."""

for number in ROUNDS:
    for chunk, some in TRAINED.items():

        # Members, each on a bootstrap sample of the targets.
        rule:
            name:
                f"train_round{number}_{chunk}"
            input:
                **inputs.learned_from(number),
            output:
                networks=MADE(number, "keras", some),
                draws=MADE(number, "npz", some),
            log:
                f"<logs>/train/round{number}/{chunk}.log",
            benchmark:
                f"<benchmarks>/train/round{number}/{chunk}.tsv"
            conda:
                "../../../envs/quasars.yaml"
            resources:
                mem_mb=memory(3000, per_input_mb=5),
                runtime=minutes(480),
                gpu=int(config["ensemble"]["device"] != "cpu"),
                # Who trains is no reason to train again, as params would be.
                device=config["ensemble"]["device"],
            params:
                settings=pick(
                    config,
                    "ensemble.held_out",
                    "ensemble.single_exposure",
                    "network",
                    "seed",
                    "train",
                ),
                code=digest("scripts/quasars/train.py"),
            message:
                f"Train the members of chunk {chunk}, round {number}"
            script:
                "../../../scripts/quasars/train.py"


# Threshold and redshift calibration, on targets that members have not seen.
rule calibrate:
    input:
        unpack(lambda wildcards: inputs.learned_from(wildcards.round)),
        networks=lambda wildcards: MADE(wildcards.round, "keras"),
        draws=lambda wildcards: MADE(wildcards.round, "npz"),
    output:
        calibration="<results>/ensemble/round{round}/calibration.json",
        rows="<results>/ensemble/round{round}/out_of_bag.parquet",
        purity=report(
            "<results>/ensemble/round{round}/purity.pdf",
            category="Quasars",
            subcategory="Round {round}",
            caption="../../report/quasars/purity.rst",
            labels={"shown": "Purity and completeness by threshold"},
        ),
    log:
        "<logs>/calibrate/round{round}.log",
    benchmark:
        "<benchmarks>/calibrate/round{round}.tsv"
    conda:
        "../../../envs/quasars.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(2500 + 12 * NETWORKS, per_thread=250, per_input_mb=5),
        runtime=minutes(120),
        gpu=int(config["survey"]["device"] != "cpu"),
        device=config["survey"]["device"],
    params:
        settings=pick(
            config,
            "calibrate",
            "ensemble.held_out",
            "seed",
            *(f"survey.{k}" for k in ("c_th", "n_detect", "runner", "shifts")),
        ),
        code=digest("scripts/quasars/calibrate.py"),
    message:
        "What the answers of round {wildcards.round} are worth"
    script:
        "../../../scripts/quasars/calibrate.py"
