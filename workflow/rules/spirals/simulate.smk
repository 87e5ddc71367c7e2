"""A simulated survey, in the formats of GZ3D and of the Legacy Surveys."""

KEPT = list if config["simulate"]["keep"] else temp


# What the catalogues say: positions, pixel scales and votes, and targets of SAMI.
rule simulate_catalogue:
    output:
        base="<results>/raw/gz_desi.parquet",
        sami="<results>/raw/sami.csv",
    log:
        "<logs>/simulate_catalogue.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(1500),
        runtime=minutes(30),
    params:
        settings=pick(
            TABLES,
            "seed",
            "simulate.galaxies",
            "simulate.marked",
            "simulate.population",
            "simulate.volunteers.voting",
            "tables",
        ),
        code=digest("scripts/spirals/simulate_catalogue.py"),
    message:
        "Catalogues of the simulated survey"
    script:
        "../../../scripts/spirals/simulate_catalogue.py"


for chunk, names in needed(CHUNKS, ALLOWED).items():
    simulated = INPUTS.of("simulated", names=names)
    if not simulated:
        continue

    # Cutouts, and the drawings of those that volunteers were asked to draw on.
    rule:
        name:
            f"simulate_{chunk}"
        output:
            cutout=KEPT(INPUTS.pictures(simulated)),
            gz3d=list(INPUTS.drawn(simulated).values()),
            truth=expand("<results>/truth/{name}.json", name=simulated),
            table=f"<results>/truth/{chunk}.parquet",
        log:
            f"<logs>/simulate/{chunk}.log",
        benchmark:
            f"<benchmarks>/simulate/{chunk}.tsv"
        conda:
            "../../../envs/spirals.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(1500, per_thread=500),
            runtime=minutes(240),
        params:
            settings=pick(
                TABLES,
                "seed",
                "simulate.galaxies",
                "simulate.image_size",
                "simulate.marked",
                "simulate.population",
                "simulate.volunteers",
                "tables",
            ),
            code=digest("scripts/spirals/simulate.py"),
        message:
            f"Simulate the galaxies of chunk {chunk}"
        script:
            "../../../scripts/spirals/simulate.py"
