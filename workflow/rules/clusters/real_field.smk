"""A real galaxy catalogue painted as images, and the clusters found in it."""


# Candidates of the real sky (0) or of a shuffled one: painted, looked at, dropped.
rule look_at_sky:
    input:
        encoder=lambda wildcards: inputs.encoder(config)["encoder"],
        galaxies=lambda wildcards: inputs.galaxies(config),
    output:
        "<results>/real_field/sky{sky}.fits",
    log:
        "<logs>/look_at_sky/{sky}.log",
    benchmark:
        "<benchmarks>/look_at_sky/{sky}.tsv"
    wildcard_constraints:
        sky=r"\d+",
    conda:
        "../../../envs/clusters.yaml"
    threads: config["threads"]
    resources:
        mem_mb=by_attempt(8000),
        runtime=by_attempt(240),
        gpu=int(config["survey"]["device"] != "cpu"),
    params:
        settings=pick(
            TABLES,
            "data.pool",
            "data.tile_size",
            "images.depth10",
            "images.depth_scatter",
            "images.fwhm",
            "images.renderer",
            "real_field.limit",
            "seed",
            "survey",
            "tables",
        ),
        code=digest("scripts/clusters/look_at_sky.py"),
    message:
        "Paint sky {wildcards.sky} of the real field and look at it"
    script:
        "../../../scripts/clusters/look_at_sky.py"


# Its clusters with probabilities, the matched filter's, and what chance would find.
rule real_field:
    input:
        skies=expand("<results>/real_field/sky{sky}.fits", sky=inputs.SKIES),
        galaxies=lambda wildcards: inputs.galaxies(config),
        calibration=lambda wildcards: inputs.encoder(config)["calibration"],
    output:
        fits="<results>/real_field/clusters.fits",
        ecsv="<results>/real_field/clusters.ecsv",
        matched_filter="<results>/real_field/matched_filter.fits",
        report="<results>/real_field/report.json",
    log:
        "<logs>/real_field.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=by_attempt(3000),
        runtime=by_attempt(60),
    params:
        settings=pick(TABLES, "real_field.limit", "tables"),
        code=digest("scripts/clusters/real_field.py"),
    message:
        "Clusters of the real field"
    script:
        "../../../scripts/clusters/real_field.py"
