"""A survey's tiles: what the matched filter and the encoder find in them, in one list."""

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
            mem_mb=memory(500, per_thread=400 + 90 * TILE_MPX),
            runtime=minutes(120),
        params:
            settings=pick(config | {"tiles": names}, "seed", "tiles"),
            code=digest("scripts/clusters/sources.py"),
        message:
            f"Sources of the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/sources.py"

    # Their clusters by the matched filter. How common galaxies that look like members
    # are, it measures on a sample of all tiles.
    rule:
        name:
            f"matched_filter_{chunk}"
        input:
            sources=expand("<results>/sources/{tile}.fits", tile=names),
            sample=expand("<results>/sources/{tile}.fits", tile=SAMPLE),
            images=[path for name in names for path in TILES[name]],
        output:
            clusters=expand("<results>/matched_filter/{tile}.fits", tile=names),
            members=expand("<results>/members/{tile}.fits", tile=names),
        log:
            f"<logs>/matched_filter/{chunk}.log",
        benchmark:
            f"<benchmarks>/matched_filter/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(1000, per_thread=400 + 10 * TILE_MPX),
            runtime=minutes(120),
        params:
            settings=pick(TABLES | {"tiles": names}, "tables.red_sequence", "tiles"),
            code=digest("scripts/clusters/matched_filter.py"),
        message:
            f"Matched filter on the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/matched_filter.py"

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
            mem_mb=memory(1500 + 310 * LOOK_MPX),
            runtime=minutes(240),
            gpu=int(config["survey"]["device"] != "cpu"),
            # Who looks, and at how many at once, is no reason to look again.
            batch=config["survey"]["batch"],
            device=config["survey"]["device"],
        params:
            settings=pick(
                config | {"tiles": names},
                "data.pool",
                "data.tile_size",
                "survey.shifts",
                "survey.step",
                "survey.window",
                "tiles",
            ),
            code=digest("scripts/clusters/infer.py"),
        message:
            f"Look at the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/infer.py"


for chunk, names in SHARES.items():

    # What the encoder finds on each tile by itself.
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
            mem_mb=memory(500, per_thread=400),
            runtime=minutes(60),
        params:
            settings=pick({"tiles": names}, "tiles"),
            code=digest("scripts/clusters/detect.py"),
        message:
            f"Clusters in the tiles of chunk {chunk}"
        script:
            "../../../scripts/clusters/detect.py"


# One catalogue of both: each cluster once, also where tiles overlap.
rule cluster_catalogue:
    input:
        matched_filter=expand(
            "<results>/matched_filter/{tile}.fits", tile=sorted(TILES)
        ),
        members=expand("<results>/members/{tile}.fits", tile=sorted(TILES)),
        detections=expand("<results>/detections/{tile}.fits", tile=sorted(TILES)),
        calibration=ENCODER["calibration"],
    output:
        fits="<results>/catalogue/clusters.fits",
        ecsv="<results>/catalogue/clusters.ecsv",
        members="<results>/catalogue/members.fits",
    log:
        "<logs>/cluster_catalogue.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(1500, per_input_mb=6),
        runtime=minutes(60),
    params:
        code=digest("scripts/clusters/cluster_catalogue.py"),
    message:
        "Catalogue of clusters"
    script:
        "../../../scripts/clusters/cluster_catalogue.py"


# A tile as a picture, with the clusters found in it.
rule picture:
    input:
        images=lambda wildcards: TILES[wildcards.tile],
        catalogue="<results>/catalogue/clusters.fits",
        calibration=ENCODER["calibration"],
    output:
        report(
            "<results>/pictures/{tile}.png",
            category="Clusters",
            subcategory="Tiles",
            caption="../../report/clusters/picture.rst",
            labels={"shown": "Tile {tile} and its clusters"},
        ),
    log:
        "<logs>/picture/{tile}.log",
    wildcard_constraints:
        tile="|".join(map(re.escape, TILES)),
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(20),
    params:
        settings={},
        code=digest("scripts/clusters/picture.py"),
    message:
        "Picture of tile {wildcards.tile}"
    script:
        "../../../scripts/clusters/picture.py"
