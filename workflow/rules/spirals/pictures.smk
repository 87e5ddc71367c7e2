"""Pictures and marks of galaxies, and the tables that tell which are learned from."""

for chunk, names in needed(CHUNKS, ALLOWED).items():
    drawn = INPUTS.drawn(names)

    # What each volunteer drew, as polygons.
    if drawn:

        rule:
            name:
                f"marks_{chunk}"
            input:
                **INPUTS.subjects(names),
                drawings=list(drawn.values()),
            output:
                marks=expand("<results>/segmaps/marks/{name}.json", name=drawn),
                record=f"<results>/segmaps/{chunk}.json",
            log:
                f"<logs>/marks/{chunk}.log",
            benchmark:
                f"<benchmarks>/marks/{chunk}.tsv"
            conda:
                "../../../envs/spirals.yaml"
            threads: config["threads"]
            resources:
                mem_mb=memory(1000, per_thread=500),
                runtime=minutes(60),
            params:
                code=digest("scripts/spirals/marks.py"),
            message:
                f"Drawings on the galaxies of chunk {chunk}"
            script:
                "../../../scripts/spirals/marks.py"

    own = {"of": {name: INPUTS.galaxies[name].source for name in names}}
    if not INPUTS.of("pictures", names=names):  # no other picture depends on it
        own["predict"] = {"pixscale": None}

    # What the network sees, north up.
    rule:
        name:
            f"images_{chunk}"
        input:
            **INPUTS.subjects(names),
            pictures=INPUTS.pictures(names),
            master=INPUTS.master(),
            sheet=INPUTS.given("sheet"),
        output:
            images=expand("<results>/images/{name}.png", name=names),
            record=f"<results>/images/{chunk}.json",
        log:
            f"<logs>/images/{chunk}.log",
        benchmark:
            f"<benchmarks>/images/{chunk}.tsv"
        conda:
            "../../../envs/spirals.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(1000, per_thread=500),
            runtime=minutes(120),
        params:
            settings=pick(
                config | own,
                "images.size",
                "of",
                "predict.pixscale",
            ),
            code=digest("scripts/spirals/images.py"),
        message:
            f"Pictures of the galaxies of chunk {chunk}"
        script:
            "../../../scripts/spirals/images.py"

    # Pictures and numbers of volunteers per pixel, in one file.
    rule:
        name:
            f"dataset_{chunk}"
        input:
            images=expand("<results>/images/{name}.png", name=names),
            marks=expand("<results>/segmaps/marks/{name}.json", name=drawn),
            record=f"<results>/images/{chunk}.json",
        output:
            images=f"<results>/dataset/{chunk}_images.npy",
            counts=f"<results>/dataset/{chunk}_counts.npy",
        log:
            f"<logs>/dataset/{chunk}.log",
        benchmark:
            f"<benchmarks>/dataset/{chunk}.tsv"
        conda:
            "../../../envs/spirals.yaml"
        resources:
            mem_mb=memory(1000, per_input_mb=10),
            runtime=minutes(60),
        params:
            settings=pick(config, "images.size", "marks.volunteers"),
            code=digest("scripts/spirals/dataset.py"),
        message:
            f"Pictures and maps of marks of chunk {chunk}"
        script:
            "../../../scripts/spirals/dataset.py"


# The galaxies that pass the cuts, their votes, and whether they train.
rule galaxies:
    input:
        images=expand("<results>/images/{chunk}.json", chunk=CHUNKS),
        marks=expand("<results>/segmaps/{chunk}.json", chunk=DRAWN),
        master=INPUTS.master(),
        answers=INPUTS.given("answers"),
        sheet=INPUTS.given("sheet"),
    output:
        table="<results>/galaxies.parquet",
        cuts="<results>/cuts.json",
    log:
        "<logs>/galaxies.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=6),
        runtime=minutes(20),
    params:
        settings=pick(TABLES, "cuts", "seed", "split", "tables.questions"),
        code=digest("scripts/spirals/galaxies.py"),
    message:
        "Which galaxies are learned from"
    script:
        "../../../scripts/spirals/galaxies.py"
