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
            mem_mb=by_attempt(8000),
            runtime=by_attempt(240),
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


# The baselines, on the sources that are measured on the tiles' images.
rule baselines:
    input:
        sources=expand("<results>/sources/{tile}.fits", tile=sorted(TILES)),
        images=[TILES[name][0] for name in sorted(TILES)],
    output:
        matched_filter=expand(
            "<results>/baselines/matched_filter/{tile}.fits", tile=sorted(TILES)
        ),
        density=expand("<results>/baselines/density/{tile}.fits", tile=sorted(TILES)),
    log:
        "<logs>/baselines.log",
    benchmark:
        "<benchmarks>/baselines.tsv"
    conda:
        "../../../envs/clusters.yaml"
    threads: config["threads"]
    resources:
        mem_mb=by_attempt(3000),
        runtime=by_attempt(120),
    params:
        settings=pick(
            TABLES,
            "seed",
            "tables.red_sequence",
        ),
        code=digest("scripts/clusters/baselines.py"),
    message:
        "Matched filter and density map on the simulated tiles"
    script:
        "../../../scripts/clusters/baselines.py"
