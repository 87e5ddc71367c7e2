"""Ensembles: bootstrap, training, and what the answers are worth."""


def training(number):
    """Return the stores and the labels that a round is trained on, by kind."""
    asked = [f"<results>/query/round{k}/spectra.h5" for k in range(1, int(number))]
    return {
        "stores": ["<results>/spectra/training.h5", *asked],
        "labels": f"<results>/labels/round{number}.csv",
    }


def members(number, suffix, some=None):
    """Return files of members of a round, all of them if none are named."""
    named = range(config["ensemble"]["members"]) if some is None else some
    return [f"<results>/ensemble/round{number}/net_{i}.{suffix}" for i in named]


for number in ROUNDS:
    for chunk, some in MEMBERS.items():

        # Members, each on a bootstrap sample of the targets.
        rule:
            name:
                f"train_round{number}_{chunk}"
            input:
                **training(number),
            output:
                networks=members(number, "keras", some),
                draws=members(number, "npz", some),
            log:
                f"<logs>/train/round{number}/{chunk}.log",
            benchmark:
                f"<benchmarks>/train/round{number}/{chunk}.tsv"
            conda:
                "../../../envs/quasars.yaml"
            resources:
                mem_mb=by_attempt(4000),
                runtime=by_attempt(480),
                gpu=int(config["ensemble"]["device"] != "cpu"),
            params:
                settings=pick(
                    config,
                    "ensemble.at_once",
                    "ensemble.device",
                    "ensemble.held_out",
                    "ensemble.single_exposure",
                    "ensemble.trainer",
                    "grid",
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
        unpack(lambda wildcards: training(wildcards.round)),
        networks=lambda wildcards: members(wildcards.round, "keras"),
        draws=lambda wildcards: members(wildcards.round, "npz"),
    output:
        calibration="<results>/ensemble/round{round}/calibration.json",
        rows="<results>/ensemble/round{round}/out_of_bag.parquet",
        purity=report(
            "<results>/ensemble/round{round}/purity.pdf",
            category="quasars",
            caption="../../report/quasars/purity.rst",
            labels={"product": "threshold", "round": "{round}"},
        ),
    log:
        "<logs>/calibrate/round{round}.log",
    benchmark:
        "<benchmarks>/calibrate/round{round}.tsv"
    conda:
        "../../../envs/quasars.yaml"
    threads: config["threads"]
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(120),
        gpu=int(config["survey"]["device"] != "cpu"),
    params:
        settings=pick(config, "calibrate", "ensemble.held_out", "seed", "survey"),
        code=digest("scripts/quasars/calibrate.py"),
    message:
        "What the answers of round {wildcards.round} are worth"
    script:
        "../../../scripts/quasars/calibrate.py"
