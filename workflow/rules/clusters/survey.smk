"""A survey's tiles: their sources, the encoder over them, the clusters it finds."""

for chunk, names in PARTS.items():

    # Sources measured on the tiles' images, as a survey's catalogue has them.
    rule:
        name:
            f"sources_{chunk}"
        input:
            [path for name in names for path in TILES[name]],
        output:
            expand("<results>/sources/{tile}.fits", tile=names),
        log:
            f"<logs>/sources/{chunk}.log",
        benchmark:
            f"<benchmarks>/sources/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=by_attempt(8000),
            runtime=by_attempt(120),
        params:
            settings=pick(config | {"tiles": names}, "seed", "tiles"),
            code=digest("scripts/clusters/sources.py"),
        message:
            f"Sources of the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/sources.py"

    # What the encoder says of every part of the tiles.
    rule:
        name:
            f"infer_{chunk}"
        input:
            encoder=ENCODER["encoder"],
            images=[path for name in names for path in TILES[name]],
        output:
            expand("<results>/predictions/{tile}.npz", tile=names),
        log:
            f"<logs>/infer/{chunk}.log",
        benchmark:
            f"<benchmarks>/infer/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=by_attempt(3000),
            runtime=by_attempt(240),
            gpu=int(config["survey"]["device"] != "cpu"),
        params:
            settings=pick(
                config | {"tiles": names},
                "data.pool",
                "data.tile_size",
                "survey",
                "tiles",
            ),
            code=digest("scripts/clusters/infer.py"),
        message:
            f"Look at the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/infer.py"

    # Clusters of each tile by itself.
    rule:
        name:
            f"detect_{chunk}"
        input:
            expand("<results>/predictions/{tile}.npz", tile=names),
        output:
            expand("<results>/detections/{tile}.fits", tile=names),
        log:
            f"<logs>/detect/{chunk}.log",
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=by_attempt(2000),
            runtime=by_attempt(60),
        params:
            settings=pick({"tiles": names}, "tiles"),
            code=digest("scripts/clusters/detect.py"),
        message:
            f"Clusters in the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/detect.py"


# One catalogue: each cluster once, also where tiles overlap.
rule cluster_catalogue:
    input:
        tiles=expand("<results>/detections/{tile}.fits", tile=sorted(TILES)),
        calibration=ENCODER["calibration"],
    output:
        fits="<results>/catalogue/clusters.fits",
        ecsv="<results>/catalogue/clusters.ecsv",
    log:
        "<logs>/cluster_catalogue.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(60),
    params:
        code=digest("scripts/clusters/cluster_catalogue.py"),
    message:
        "Catalogue of clusters"
    script:
        "../../../scripts/clusters/cluster_catalogue.py"
