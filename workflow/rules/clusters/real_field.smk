"""A real galaxy catalogue painted as images, and the clusters found in it."""


# Tiles of the real sky and of shuffled ones, painted, looked at and dropped.
rule look_at_sky:
    input:
        encoder=ENCODER["encoder"],
        galaxies=GALAXIES,
    output:
        directory("<results>/real_field/tiles"),
    log:
        "<logs>/look_at_sky.log",
    benchmark:
        "<benchmarks>/look_at_sky.tsv"
    conda:
        "../../../envs/clusters.yaml"
    threads: config["threads"]
    resources:
        mem_mb=by_attempt(8000),
        runtime=by_attempt(240),
        gpu=int(config["survey"]["device"] != "cpu"),
    params:
        settings=pick(
            config | {"tables": PAINTED | RED},
            "data.pool",
            "data.tile_size",
            "finder.core_cells",
            "finder.least_cells",
            "finder.member_above",
            "finder.radius",
            "finder.seed",
            "finder.threshold",
            "images.noise",
            "images.psf",
            "images.renderer",
            "real_field",
            "seed",
            "survey",
            "tables",
        ),
        code=digest("scripts/clusters/look_at_sky.py"),
    message:
        "Paint the real field and look at it"
    script:
        "../../../scripts/clusters/look_at_sky.py"


# Its clusters with probabilities, the matched filter's, and what chance would find.
rule real_field:
    input:
        tiles="<results>/real_field/tiles",
        galaxies=GALAXIES,
        calibration=ENCODER["calibration"],
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
        settings=pick(
            config | {"tables": PAINTED | RED},
            "baselines.matched_filter",
            "finder.least",
            "finder.merge",
            "real_field.limit",
            "tables",
        ),
        code=digest("scripts/clusters/real_field.py"),
    message:
        "Clusters of the real field"
    script:
        "../../../scripts/clusters/real_field.py"
