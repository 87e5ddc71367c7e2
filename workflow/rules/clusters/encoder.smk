"""The encoder: trained, and judged on fields that it has not seen."""


# From images to what their tiles hold.
rule train:
    input:
        train=training_files.data_files(FILES, SPLITS["train"]),
        validate=training_files.data_files(FILES, SPLITS["validate"]),
        calibrate=training_files.data_files(FILES, SPLITS["calibrate"]),
        start=inputs.start(config),
    output:
        inputs.ENCODER,
    log:
        "<logs>/train/train.log",
    benchmark:
        "<benchmarks>/train.tsv"
    conda:
        "../../../envs/clusters.yaml"
    threads: training_files.request(config)["cores"]
    resources:
        mem_mb=memory(2000 + 400 * LEARN_MPX, per_thread=500 + 25 * FILE_MPX),
        runtime=minutes(720),
        gpu=training_files.request(config)["gpus"],
        # Who trains and who reads is no reason to train again, as params would be.
        devices=config["train"]["devices"],
        train_threads=config["train"]["threads"],
        workers=config["train"]["workers"],
    params:
        settings=pick(
            TABLES,
            "data.pool",
            "data.tile_size",
            "data.held_out",  # which files choose, and which judge
            "network",
            "seed",
            "tables.red_sequence",
            "train.batch",
            "train.epochs",
            "train.jitter",
            "train.precision",
            "train.rate",
            "train.warmup",
            "train.weights",
        ),
        code=digest("scripts/clusters/train.py"),
    message:
        "Train the encoder"
    script:
        "../../../scripts/clusters/train.py"


# How well it knows the tiles of unseen fields, and what its probabilities are worth.
rule evaluate_encoder:
    input:
        encoder=inputs.ENCODER,
        test=training_files.data_files(FILES, SPLITS["test"]),
    output:
        report="<results>/encoder/evaluation.json",
        figure=report(
            "<results>/encoder/reliability.pdf",
            category="Clusters",
            subcategory="Encoder",
            caption="../../report/clusters/reliability.rst",
            labels={"shown": "Reliability of its probabilities"},
        ),
    log:
        "<logs>/evaluate_encoder.log",
    benchmark:
        "<benchmarks>/evaluate_encoder.tsv"
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(1000 + 250 * FIELD_MPX + 25 * FILE_MPX),
        runtime=minutes(480),
    params:
        settings=pick(config, "seed"),
        code=digest("scripts/clusters/evaluate_encoder.py"),
    message:
        "How good the encoder is on unseen fields"
    script:
        "../../../scripts/clusters/evaluate_encoder.py"


# What the scores of both finders are worth together, on fields that did not choose the encoder.
rule calibrate:
    input:
        encoder=inputs.ENCODER,
        fields=training_files.data_files(FILES, SPLITS["calibrate"]),
        sources=training_files.field_files(FILES, "sources", SPLITS["calibrate"]),
        truth=training_files.field_files(FILES, "truth", SPLITS["calibrate"]),
    output:
        inputs.CALIBRATION,
    log:
        "<logs>/calibrate.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(1000 + 250 * FIELD_MPX + 25 * FILE_MPX),
        runtime=minutes(240),
    params:
        settings=pick(
            TABLES,
            "data.n_per_file",
            "data.pool",
            "data.tile_size",
            "evaluate.dz",
            "evaluate.purity",
            "evaluate.radius",
            "tables.red_sequence",
        ),
        code=digest("scripts/clusters/calibrate.py"),
    message:
        "What the scores of clusters are worth"
    script:
        "../../../scripts/clusters/calibrate.py"
