"""A simulated survey, written as Zooniverse would export it."""

CROWD = {"crowd": resource_digest("builder_crowd.json")}
# Not how many there are: one more galaxy is no reason to simulate the others again.
GALAXY = [f"simulate.{key}" for key in GalaxySettings.model_fields]

for chunk, ids in needed(INPUTS.chunks, ALLOWED).items():

    # Galaxies, their images, and what volunteers drew; the truth goes apart.
    rule:
        name:
            f"simulate_{chunk}"
        output:
            classifications=f"<results>/raw/{chunk}/classifications.csv",
            subjects=f"<results>/raw/{chunk}/subjects.csv",
            gal_metadata=f"<results>/raw/{chunk}/gal-metadata.csv",
            data=expand("<results>/raw/subject_data/{id}.json", id=ids),
            truth=f"<results>/truth/{chunk}.json",
        log:
            f"<logs>/simulate/{chunk}.log",
        benchmark:
            f"<benchmarks>/simulate/{chunk}.tsv"
        conda:
            "../../../envs/builder.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(60),
        params:
            settings=pick(
                config
                | CROWD
                | {"subjects": ids, "repeats": INPUTS.repeats_of(chunk)},
                "crowd",
                "repeats",
                "seed",
                "subjects",
                *GALAXY,
            ),
            code=digest("scripts/builder/simulate.py"),
        message:
            f"Simulate the galaxies and volunteers of chunk {chunk}"
        script:
            "../../../scripts/builder/simulate.py"
