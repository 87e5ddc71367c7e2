"""A real galaxy catalogue painted as images, and the clusters found in it."""


# Candidates in a part of the tiles of a sky, the real one or a null one: painted, looked
# at, dropped.
rule look_at_sky:
    input:
        encoder=lambda wildcards: inputs.encoder(config)["encoder"],
        galaxies=lambda wildcards: inputs.galaxies(config),
    output:
        "<results>/real_field/looked/{sky}_{part}.fits",
    log:
        "<logs>/look_at_sky/{sky}_{part}.log",
    benchmark:
        "<benchmarks>/look_at_sky/{sky}_{part}.tsv"
    wildcard_constraints:
        sky=sky_names.PATTERN,
        part=r"\d+",
    conda:
        "../../../envs/clusters.yaml"
    threads: config["threads"]
    resources:
        # A painted tile has 100 megapixels, and is looked at when it is drawn.
        mem_mb=memory(7000 + 300 * LOOK_MPX),
        runtime=minutes(120),
        gpu=int(config["survey"]["device"] != "cpu"),
        # Who looks, and at how many at once, is no reason to look again.
        batch=config["survey"]["batch"],
        device=config["survey"]["device"],
    params:
        settings=pick(
            TABLES,
            "chunks",
            "data.pool",
            "data.tile_size",
            "images.depth10",
            "images.depth_scatter",
            "images.fwhm",
            "images.renderer",
            "real_field.limit",
            "seed",
            "survey.shifts",
            "survey.step",
            "survey.window",
            "tables",
        ),
        code=digest("scripts/clusters/look_at_sky.py"),
    message:
        "Paint part {wildcards.part} of sky {wildcards.sky} and look at it"
    script:
        "../../../scripts/clusters/look_at_sky.py"


# What the matched filter finds in a sky, and the members of each.
rule filter_sky:
    input:
        galaxies=lambda wildcards: inputs.galaxies(config),
    output:
        clusters="<results>/real_field/filtered/{sky}.fits",
        members="<results>/real_field/filtered/{sky}_members.fits",
    log:
        "<logs>/filter_sky/{sky}.log",
    wildcard_constraints:
        sky=sky_names.PATTERN,
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        settings=pick(TABLES, "real_field.limit", "seed", "tables"),
        code=digest("scripts/clusters/filter_sky.py"),
    message:
        "Matched filter on sky {wildcards.sky} of the real field"
    script:
        "../../../scripts/clusters/filter_sky.py"


# Its clusters, with probabilities by how much they stand above the null skies.
rule real_field:
    input:
        looked=expand(
            "<results>/real_field/looked/{sky}_{part}.fits",
            sky=sky_names.LOOKED_AT,
            part=range(config["chunks"]),
        ),
        filtered=expand(
            "<results>/real_field/filtered/{sky}.fits", sky=sky_names.FILTERED
        ),
        members="<results>/real_field/filtered/real_members.fits",
        galaxies=lambda wildcards: inputs.galaxies(config),
    output:
        fits="<results>/real_field/clusters.fits",
        ecsv="<results>/real_field/clusters.ecsv",
        matched_filter="<results>/real_field/matched_filter.fits",
        members="<results>/real_field/members.fits",
        report="<results>/real_field/report.json",
    log:
        "<logs>/real_field.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        settings=pick(config, "evaluate.purity", "seed"),
        code=digest("scripts/clusters/real_field.py"),
    message:
        "Clusters of the real field"
    script:
        "../../../scripts/clusters/real_field.py"
