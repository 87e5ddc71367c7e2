"""The network, trained on masks and votes, and trainings to compare it with."""

INPAINTED = ["<results>/training/inpainting.pt"]
STARTS = config["train"]["start"] == "inpainting"

if STARTS or "pretrained" in config["compare"]["heads"]:

    # An encoder that has restored hidden parts of pictures.
    rule inpainting:
        input:
            **PACKS,
            galaxies=GALAXIES,
        output:
            "<results>/training/inpainting.pt",
        log:
            "<logs>/inpainting/inpainting.log",
        benchmark:
            "<benchmarks>/inpainting.tsv"
        conda:
            "../../../envs/spirals.yaml"
        threads: request(config)["cores"]
        resources:
            mem_mb=memory(4000, per_thread=800),
            runtime=minutes(720),
            gpu=request(config)["gpus"],
            devices=config["train"]["devices"],
            train_threads=config["train"]["threads"],
            workers=config["train"]["workers"],
        params:
            settings=pick(
                config,
                "images.crop",
                "inpainting",
                "network",
                "seed",
                *(f"train.{k}" for k in ("accumulate", "augment", "batch", "decay")),
                *(f"train.{k}" for k in ("precision", "schedule")),
                *(f"train.{k}" for k in ("rate", "warmup")),
            ),
            code=digest("scripts/spirals/inpainting.py"),
        message:
            "Learn to restore hidden parts of pictures"
        script:
            "../../../scripts/spirals/inpainting.py"


# Maps and votes together, maps alone or votes alone; of all galaxies with masks or of
# some. The run's own model is joint, all, 0.
rule train:
    input:
        **PACKS,
        galaxies=GALAXIES,
        start=branch(
            lambda wildcards: STARTS or wildcards.heads == "pretrained",
            then=INPAINTED,
            otherwise=[],
        ),
    output:
        "<results>/training/{heads}/{masks}/{repeat}/model.pt",
    log:
        "<logs>/train/{heads}_{masks}_{repeat}/train.log",
    benchmark:
        "<benchmarks>/train/{heads}_{masks}_{repeat}.tsv"
    conda:
        "../../../envs/spirals.yaml"
    threads: request(config)["cores"]
    resources:
        # Each reader holds the library and two batches.
        mem_mb=memory(4000, per_thread=800, per_input_mb=0.2),
        runtime=minutes(1440),
        gpu=request(config)["gpus"],
        # Who trains and who reads is no reason to train again, as params would be.
        devices=config["train"]["devices"],
        train_threads=config["train"]["threads"],
        workers=config["train"]["workers"],
    params:
        settings=pick(
            TABLES,
            "images.crop",
            "network",
            "seed",
            "tables.questions",
            *(f"train.{k}" for k in ("accumulate", "augment", "batch", "decay")),
            *(f"train.{k}" for k in ("epochs", "loss", "patience", "precision")),
            *(f"train.{k}" for k in ("rate", "schedule", "start")),
            "train.warmup",
        ),
        code=digest("scripts/spirals/train.py"),
    message:
        "Train {wildcards.heads}, masks {wildcards.masks}, repeat {wildcards.repeat}"
    script:
        "../../../scripts/spirals/train.py"


# How well it does on each test galaxy.
rule judge:
    input:
        **PACKS,
        model="<results>/training/{heads}/{masks}/{repeat}/model.pt",
        galaxies=GALAXIES,
    output:
        "<results>/training/{heads}/{masks}/{repeat}/judged.parquet",
    log:
        "<logs>/judge/{heads}_{masks}_{repeat}.log",
    benchmark:
        "<benchmarks>/judge/{heads}_{masks}_{repeat}.tsv"
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(2500, per_input_mb=2),
        runtime=minutes(120),
    params:
        settings=pick(TABLES, "evaluate.thresholds", "images.crop", "tables.questions"),
        code=digest("scripts/spirals/judge.py"),
    message:
        "Judge {wildcards.heads}, masks {wildcards.masks}, repeat {wildcards.repeat}"
    script:
        "../../../scripts/spirals/judge.py"
