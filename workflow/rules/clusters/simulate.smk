"""A simulated survey: tiles with their catalogues, truth and images."""

for chunk, names in PARTS.items():

    # Tiles in DES's own layout; what lies in them goes apart.
    rule:
        name:
            f"survey_{chunk}"
        input:
            clusters=inputs.cluster_list(config),
            psfex=inputs.psfex(config),
        output:
            catalogs=expand("<results>/survey/catalogs/{tile}.dat", tile=names),
            truth=expand("<results>/survey/truth/{tile}.fits", tile=names),
            images=[path for name in names for path in TILES[name]],
        log:
            f"<logs>/survey/{chunk}.log",
        benchmark:
            f"<benchmarks>/survey/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=500 + 48 * TILE_MPX),
            runtime=minutes(240),
        params:
            settings=pick(
                TABLES,
                "images.depth10",
                "images.depth_scatter",
                "images.fwhm",
                "images.renderer",
                "seed",
                "simulate.faintest",
                "simulate.survey.halos",
                "simulate.survey.image_size",
                "tables.galaxies",
                "tables.red_sequence",
            ),
            code=digest("scripts/clusters/survey.py"),
        message:
            f"Simulate the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/survey.py"


# Overdensities of red galaxies, for comparison.
rule density:
    input:
        sources=expand("<results>/sources/{tile}.fits", tile=SIMULATED),
        images=[TILES[name][0] for name in SIMULATED],
    output:
        expand("<results>/density/{tile}.fits", tile=SIMULATED),
    log:
        "<logs>/density.log",
    benchmark:
        "<benchmarks>/density.tsv"
    conda:
        "../../../envs/clusters.yaml"
    threads: config["threads"]
    resources:
        mem_mb=memory(500, per_thread=400),
        runtime=minutes(120),
    params:
        settings=pick(TABLES, "seed", "tables.red_sequence"),
        code=digest("scripts/clusters/density.py"),
    message:
        "Density map of the simulated tiles"
    script:
        "../../../scripts/clusters/density.py"
