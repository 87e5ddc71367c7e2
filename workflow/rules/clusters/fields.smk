"""Simulated fields: catalogues, images, and the files that the encoder learns from."""

KEPT = list if config["images"]["keep"] else temp
CALIBRATING = {
    chunk: some
    for chunk, numbers in CHUNKS.items()
    if (some := [k for k in numbers if k in SPLITS["calibrate"]])
}

for chunk, numbers in CHUNKS.items():

    # Sources of fields, and the truth of their clusters.
    rule:
        name:
            f"catalogs_{chunk}"
        input:
            clusters=inputs.cluster_list(config),
        output:
            catalogs=training_files.field_files(FILES, "catalogs", numbers),
            truth=training_files.field_files(FILES, "truth", numbers),
        log:
            f"<logs>/catalogs/{chunk}.log",
        benchmark:
            f"<benchmarks>/catalogs/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=400),
            runtime=minutes(120),
        params:
            settings=pick(
                TABLES,
                "seed",
                "simulate.faintest",
                "simulate.fields.halos",
                "simulate.fields.image_size",
                "simulate.fields.shallow",
                "tables.galaxies",
                "tables.red_sequence",
            ),
            code=digest("scripts/clusters/catalogs.py"),
        message:
            f"Catalogues of the fields of chunk {chunk}"
        script:
            "../../../scripts/clusters/catalogs.py"

    # Their images in every band.
    rule:
        name:
            f"images_{chunk}"
        input:
            catalogs=training_files.field_files(FILES, "catalogs", numbers),
            truth=training_files.field_files(FILES, "truth", numbers),
            psfex=inputs.psfex(config),
        output:
            KEPT(training_files.field_files(FILES, "images", numbers)),
        log:
            f"<logs>/images/{chunk}.log",
        benchmark:
            f"<benchmarks>/images/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=700 + 40 * FIELD_MPX),
            runtime=minutes(240),
        params:
            settings=pick(
                config,
                "images.depth10",
                "images.depth_scatter",
                "images.fwhm",
                "images.renderer",
                "seed",
            ),
            code=digest("scripts/clusters/images.py"),
        message:
            f"Images of the fields of chunk {chunk}"
        script:
            "../../../scripts/clusters/images.py"

    # Images and what their tiles hold, as tensors.
    rule:
        name:
            f"file_data_{chunk}"
        input:
            images=training_files.field_files(FILES, "images", numbers),
            catalogs=training_files.field_files(FILES, "catalogs", numbers),
            truth=training_files.field_files(FILES, "truth", numbers),
        output:
            training_files.data_files(FILES, numbers),
        log:
            f"<logs>/file_data/{chunk}.log",
        benchmark:
            f"<benchmarks>/file_data/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=500 + 45 * FILE_MPX),
            runtime=minutes(120),
        params:
            settings=pick(
                config,
                "data.n_per_file",
                "data.pool",
                "data.tile_size",
            ),
            code=digest("scripts/clusters/file_data.py"),
        message:
            f"File data of chunk {chunk}"
        script:
            "../../../scripts/clusters/file_data.py"


for chunk, numbers in CALIBRATING.items():

    # Sources measured on their images, for those that say what scores are worth.
    rule:
        name:
            f"field_sources_{chunk}"
        input:
            training_files.field_files(FILES, "images", numbers),
        output:
            training_files.field_files(FILES, "sources", numbers),
        log:
            f"<logs>/field_sources/{chunk}.log",
        benchmark:
            f"<benchmarks>/field_sources/{chunk}.tsv"
        conda:
            "../../../envs/clusters.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=400 + 90 * FIELD_MPX),
            runtime=minutes(120),
        params:
            settings=pick(
                config | {"tiles": training_files.fields(FILES, numbers)},
                "seed",
                "tiles",
            ),
            code=digest("scripts/clusters/sources.py"),
        message:
            f"Sources of the calibrating fields of chunk {chunk}"
        script:
            "../../../scripts/clusters/sources.py"
