"""GZ3D's galaxies among those of Galaxy Zoo DESI, and SAMI's among these."""


# A row a file of GZ3D, of its headers.
rule gz3d_catalog:
    input:
        expand("<results>/segmaps/{chunk}.json", chunk=DRAWN),
    output:
        "<results>/gz3d_catalog.csv",
    log:
        "<logs>/gz3d_catalog.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=6),
        runtime=minutes(20),
    params:
        code=digest("scripts/spirals/gz3d_catalog.py"),
    message:
        "What GZ3D's files say of their galaxies"
    script:
        "../../../scripts/spirals/gz3d_catalog.py"


# Nearest neighbours on the sky; votes; how many were matched, and which stood twice.
rule crossmatch:
    input:
        **INPUTS.catalogues(),
        gz3d="<results>/gz3d_catalog.csv",
    output:
        master="<results>/gz3d_and_gz_desi_master_catalog.parquet",
        csv="<results>/gz3d_and_gz_desi_master_catalog.csv",
        sami="<results>/sami_match.csv",
        counts="<results>/crossmatch.json",
    log:
        "<logs>/crossmatch.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(2000, per_input_mb=6),
        runtime=minutes(60),
    params:
        settings=pick(TABLES, "match", "tables.questions"),
        code=digest("scripts/spirals/crossmatch.py"),
    message:
        "Match GZ3D with Galaxy Zoo DESI and SAMI"
    script:
        "../../../scripts/spirals/crossmatch.py"
