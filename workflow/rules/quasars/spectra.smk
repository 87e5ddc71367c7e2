"""The survey's spectra on the networks' pixels, and a map of them."""

for chunk, names in CHUNKS.items():

    # One store an exposure: the internal table that all later rules read.
    rule:
        name:
            f"ingest_{chunk}"
        input:
            [path for name in names for path in EXPOSURES[name]],
        output:
            stores=expand("<results>/spectra/{name}.h5", name=names),
            rejected=f"<results>/spectra/rejected/{chunk}.csv",
        log:
            f"<logs>/ingest/{chunk}.log",
        benchmark:
            f"<benchmarks>/ingest/{chunk}.tsv"
        conda:
            "../../../envs/quasars.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(120),
        params:
            settings=pick(
                config | {"exposures": {name: len(EXPOSURES[name]) for name in names}},
                "exposures",
            ),
            code=digest("scripts/quasars/ingest.py"),
        message:
            f"Spectra of chunk {chunk} on the networks' pixels"
        script:
            "../../../scripts/quasars/ingest.py"


# A self-organising map of all spectra of the survey.
rule train_som:
    input:
        expand("<results>/spectra/{name}.h5", name=inputs.mapped(config, EXPOSURES)),
    output:
        som="<results>/som/som.npz",
        quality="<results>/som/quality.json",
        overview=report(
            "<results>/som/overview.pdf",
            category="Quasars",
            subcategory="Survey",
            caption="../../report/quasars/som.rst",
            labels={"shown": "Map of the survey's spectra"},
        ),
    log:
        "<logs>/train_som.log",
    benchmark:
        "<benchmarks>/train_som.tsv"
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(120),
    params:
        settings=pick(config, "seed", "som"),
        code=digest("scripts/quasars/train_som.py"),
    message:
        "Map of the survey's spectra"
    script:
        "../../../scripts/quasars/train_som.py"
