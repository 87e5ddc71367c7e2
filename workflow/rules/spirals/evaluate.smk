"""What maps and votes are worth, and whether learning both together helps."""

# Votes alone need no masks.
COMPARED = [
    f"<results>/training/{heads}/{masks}/{repeat}/judged.parquet"
    for heads in config["compare"]["heads"]
    for masks in ("all", *(config["compare"]["masks"] if heads != "votes" else ()))
    for repeat in range(config["compare"]["repeats"])
]


# What needs no network, fitted on the galaxies that train.
rule baselines:
    input:
        **PACKS,
        galaxies=GALAXIES,
    output:
        "<results>/baselines.parquet",
    log:
        "<logs>/baselines.log",
    benchmark:
        "<benchmarks>/baselines.tsv"
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(2000, per_input_mb=2),
        runtime=minutes(240),
    params:
        settings=pick(
            config, "baselines", "evaluate.thresholds", "images.crop", "network.size"
        ),
        code=digest("scripts/spirals/baselines.py"),
    message:
        "Mean mask, ellipse and other baselines"
    script:
        "../../../scripts/spirals/baselines.py"


# Joint, maps alone, votes alone, with fewer masks: the same test galaxies.
rule compare:
    input:
        trainings=COMPARED,
        baselines="<results>/baselines.parquet",
    output:
        report="<results>/joint.json",
        table="<results>/joint.csv",
        figure=report(
            "<results>/joint.pdf",
            category="Spirals",
            subcategory="Evaluation",
            caption="../../report/spirals/joint.rst",
            labels={"shown": "Learning maps and votes together, or apart"},
        ),
    log:
        "<logs>/compare.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=6),
        runtime=minutes(30),
    params:
        settings=pick(config, "evaluate.draws", "seed"),
        code=digest("scripts/spirals/compare.py"),
    message:
        "Does learning maps and votes together help?"
    script:
        "../../../scripts/spirals/compare.py"
