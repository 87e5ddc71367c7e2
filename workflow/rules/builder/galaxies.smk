"""What is done to each galaxy: one rule a chunk, each naming all its files."""

REPORTED = SUBJECTS[:3]  # a report of all pages would be too large to open
TOLD = {
    "category": "Builder",
    "subcategory": "Galaxies",
    "caption": "../../report/builder/galaxy.rst",
}


for chunk, ids in needed(INPUTS.chunks, ALLOWED).items():

    # Image, noise, mask and PSF in one file a galaxy, whatever the source.
    rule:
        name:
            f"fitting_metadata_{chunk}"
        input:
            unpack(INPUTS.cutouts(chunk)),
        output:
            npz=expand("<results>/fitting_metadata/{id}.npz", id=ids),
            fits=expand("<results>/fitting_metadata/{id}.fits", id=ids),
        log:
            f"<logs>/fitting_metadata/{chunk}.log",
        conda:
            "../../../envs/builder.yaml"
        resources:
            mem_mb=memory(1500),
            runtime=minutes(30),
        params:
            settings=pick(
                config | {"repeats": INPUTS.repeats_of(chunk)},
                "noise",
                "repeats",
                "source",
                *IMAGE_PATHS,
            ),
            code=digest("scripts/builder/fitting_metadata.py"),
        message:
            f"Cutouts of the galaxies of chunk {chunk}"
        script:
            "../../../scripts/builder/fitting_metadata.py"

    # Volunteers' drawings as models in image pixels.
    rule:
        name:
            f"volunteers_{chunk}"
        input:
            unpack(INPUTS.drawings(chunk)),
        output:
            expand("<results>/volunteers/{id}.json", id=ids),
        log:
            f"<logs>/volunteers/{chunk}.log",
        conda:
            "../../../envs/builder.yaml"
        resources:
            mem_mb=memory(1500),
            runtime=minutes(30),
        params:
            settings=pick(config, "source", "volunteers", "paths.models"),
            code=digest("scripts/builder/volunteers.py"),
        message:
            f"Drawings of chunk {chunk} in image pixels"
        script:
            "../../../scripts/builder/volunteers.py"

    # The crowd's galaxy: clustered shapes and arms.
    rule:
        name:
            f"aggregates_{chunk}"
        input:
            volunteers=expand("<results>/volunteers/{id}.json", id=ids),
        output:
            expand("<results>/aggregates/{id}.json", id=ids),
        log:
            f"<logs>/aggregates/{chunk}.log",
        benchmark:
            f"<benchmarks>/aggregates/{chunk}.tsv"
        conda:
            "../../../envs/builder.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=600),
            runtime=minutes(60),
        params:
            settings=pick(config, "aggregate"),
            code=digest("scripts/builder/aggregates.py"),
        message:
            f"Aggregate models of chunk {chunk}"
        script:
            "../../../scripts/builder/aggregates.py"

    # The volunteer whose drawing, as it stands, fits best.
    rule:
        name:
            f"best_individual_{chunk}"
        input:
            volunteers=expand("<results>/volunteers/{id}.json", id=ids),
            cutouts=expand("<results>/fitting_metadata/{id}.npz", id=ids),
        output:
            expand("<results>/best_individual/{id}.json", id=ids),
        log:
            f"<logs>/best_individual/{chunk}.log",
        benchmark:
            f"<benchmarks>/best_individual/{chunk}.tsv"
        conda:
            "../../../envs/builder.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=600),
            runtime=minutes(60),
        params:
            settings={},
            code=digest("scripts/builder/best_individual.py"),
        message:
            f"Best volunteer of each galaxy of chunk {chunk}"
        script:
            "../../../scripts/builder/best_individual.py"

    # The fit, from the crowd's galaxy (agg) and from the best volunteer's (bi).
    for start, folder in STARTS.items():

        rule:
            name:
                f"tuned_{start}_{chunk}"
            input:
                starts=expand(f"<results>/{folder}/{{id}}.json", id=ids),
                cutouts=expand("<results>/fitting_metadata/{id}.npz", id=ids),
            output:
                expand(f"<results>/tuned/{start}/{{id}}.json", id=ids),
            log:
                f"<logs>/tuned_{start}/{chunk}.log",
            benchmark:
                f"<benchmarks>/tuned_{start}/{chunk}.tsv"
            conda:
                "../../../envs/builder.yaml"
            threads: config["threads"]
            resources:
                mem_mb=memory(500, per_thread=600),
                runtime=minutes(120),
            params:
                settings=pick(config | {"start": start}, "start", "tune"),
                code=digest("scripts/builder/tuned.py"),
            message:
                f"Fit the galaxies of chunk {chunk} from their {folder}"
            script:
                "../../../scripts/builder/tuned.py"

    # One model a galaxy: its sets of components, weighed by crowd and image.
    rule:
        name:
            f"models_{chunk}"
        input:
            aggregates=expand("<results>/aggregates/{id}.json", id=ids),
            agg=expand("<results>/tuned/agg/{id}.json", id=ids),
            bi=expand("<results>/tuned/bi/{id}.json", id=ids),
            cutouts=expand("<results>/fitting_metadata/{id}.npz", id=ids),
        output:
            models=expand("<results>/models/{id}.json", id=ids),
            residuals=expand("<results>/residuals/{id}.fits", id=ids),
        log:
            f"<logs>/models/{chunk}.log",
        benchmark:
            f"<benchmarks>/models/{chunk}.tsv"
        conda:
            "../../../envs/builder.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=600),
            runtime=minutes(240),
        params:
            settings=pick(config, "tune"),
            code=digest("scripts/builder/models.py"),
        message:
            f"One model a galaxy of chunk {chunk}"
        script:
            "../../../scripts/builder/models.py"

    # Image, model, residual, profile, drawings and arms on one page a galaxy.
    rule:
        name:
            f"figures_{chunk}"
        input:
            cutouts=expand("<results>/fitting_metadata/{id}.npz", id=ids),
            volunteers=expand("<results>/volunteers/{id}.json", id=ids),
            aggregates=expand("<results>/aggregates/{id}.json", id=ids),
            models=expand("<results>/models/{id}.json", id=ids),
            residuals=expand("<results>/residuals/{id}.fits", id=ids),
        output:
            *[
                (
                    report(path, labels={"shown": f"Galaxy {i}"}, **TOLD)
                    if i in REPORTED
                    else path
                )
                for i in ids
                for path in [f"<results>/figures/{i}.pdf"]
            ],
        log:
            f"<logs>/figures/{chunk}.log",
        benchmark:
            f"<benchmarks>/figures/{chunk}.tsv"
        conda:
            "../../../envs/builder.yaml"
        threads: config["threads"]
        resources:
            mem_mb=memory(500, per_thread=600),
            runtime=minutes(60),
        params:
            settings={},
            code=digest("scripts/builder/figures.py"),
        message:
            f"Figures of the galaxies of chunk {chunk}"
        script:
            "../../../scripts/builder/figures.py"

    # The same models for DS9 and GALFIT.
    rule:
        name:
            f"exports_{chunk}"
        input:
            cutouts=expand("<results>/fitting_metadata/{id}.npz", id=ids),
            aggregates=expand("<results>/aggregates/{id}.json", id=ids),
            models=expand("<results>/models/{id}.json", id=ids),
        output:
            regions=expand("<results>/regions/{id}.reg", id=ids),
            feedmes=expand("<results>/galfit/{id}.feedme", id=ids),
        log:
            f"<logs>/exports/{chunk}.log",
        conda:
            "../../../envs/builder.yaml"
        resources:
            mem_mb=memory(1500),
            runtime=minutes(30),
        params:
            settings={},
            code=digest("scripts/builder/exports.py"),
        message:
            f"DS9 regions and GALFIT files of chunk {chunk}"
        script:
            "../../../scripts/builder/exports.py"
