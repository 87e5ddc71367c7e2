"""Maps, votes and measures of every galaxy, by the run's model or a given one."""

for chunk, names in needed(CHUNKS, ALLOWED).items():

    rule:
        name:
            f"predict_{chunk}"
        input:
            model=INPUTS.model,
            record=f"<results>/images/{chunk}.json",
            images=f"<results>/dataset/{chunk}_images.npy",
        output:
            maps=expand("<results>/maps/{name}.fits", name=names),
            measures=f"<results>/measures/{chunk}.parquet",
        log:
            f"<logs>/predict/{chunk}.log",
        benchmark:
            f"<benchmarks>/predict/{chunk}.tsv"
        conda:
            "../../../envs/spirals.yaml"
        resources:
            mem_mb=memory(2500, per_input_mb=10),
            runtime=minutes(240),
            gpu=0 if config["predict"]["device"] == "cpu" else 1,
            # Where it runs is no reason to look again, as params would be.
            device=config["predict"]["device"],
            batch=config["predict"]["batch"],
        params:
            settings=pick(TABLES, "predict.spaxel", "seed", "tables.questions"),
            code=digest("scripts/spirals/predict.py"),
        message:
            f"Maps of arms and bars of chunk {chunk}"
        script:
            "../../../scripts/spirals/predict.py"


# Bars, arms and votes of all galaxies, with their errors.
rule catalogue:
    input:
        expand("<results>/measures/{chunk}.parquet", chunk=CHUNKS),
    output:
        "<results>/catalogue.fits",
        "<results>/catalogue.ecsv",
    log:
        "<logs>/catalogue.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=6),
        runtime=minutes(20),
    params:
        code=digest("scripts/spirals/catalogue.py"),
    message:
        "Catalogue of arms, bars and votes"
    script:
        "../../../scripts/spirals/catalogue.py"


REPORTED = INPUTS.of("pictures")[:3]  # a report of all would be too large to open
TOLD = {
    "category": "Spirals",
    "subcategory": "Galaxies",
    "caption": "../../report/spirals/picture.rst",
}


# Pictures of galaxies with their maps and votes.
for chunk, names in needed(CHUNKS, ALLOWED).items():

    rule:
        name:
            f"pictures_{chunk}"
        input:
            images=expand("<results>/images/{name}.png", name=names),
            maps=expand("<results>/maps/{name}.fits", name=names),
        output:
            *[
                (
                    report(path, labels={"shown": f"Galaxy {name}"}, **TOLD)
                    if name in REPORTED
                    else path
                )
                for name in names
                for path in [f"<results>/pictures/{name}.png"]
            ],
        log:
            f"<logs>/pictures/{chunk}.log",
        conda:
            "../../../envs/spirals.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(1000, per_thread=500),
            runtime=minutes(60),
        params:
            code=digest("scripts/spirals/pictures.py"),
        message:
            f"Pictures and maps of the galaxies of chunk {chunk}"
        script:
            "../../../scripts/spirals/pictures.py"


# One galaxy step by step.
rule interrogate:
    input:
        model=INPUTS.model,
        image="<results>/images/{name}.png",
        maps="<results>/maps/{name}.fits",
        catalogue="<results>/catalogue.fits",
    output:
        notebook="<results>/notebooks/{name}/interrogate.ipynb",
    log:
        "<logs>/interrogate/{name}.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/run_notebook.py", "notebooks/spirals_interrogate.ipynb"),
    message:
        "Galaxy {wildcards.name} (notebook)"
    script:
        "../../../scripts/run_notebook.py"
