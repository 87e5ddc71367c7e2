"""A simulated survey, written as Zooniverse would export it."""

for chunk, ids in CHUNKS.items():

    # Galaxies, their images, and what volunteers drew; the truth goes apart.
    rule:
        name:
            f"simulate_{chunk}"
        output:
            classifications=f"<results>/raw/{chunk}/classifications.csv",
            subjects=f"<results>/raw/{chunk}/subjects.csv",
            gal_metadata=f"<results>/raw/{chunk}/gal-metadata.csv",
            data=expand("<results>/raw/subject_data/{id}/difference.json", id=ids),
            truth=f"<results>/truth/{chunk}.json",
        log:
            f"<logs>/simulate/{chunk}.log",
        benchmark:
            f"<benchmarks>/simulate/{chunk}.tsv"
        conda:
            "../../../envs/builder.yaml"
        threads: config["threads"]
        resources:
            mem_mb=by_attempt(2000),
            runtime=by_attempt(60),
        params:
            subjects=ids,
            settings=pick(config, "seed", "simulate"),
            code=digest("scripts/builder/simulate.py"),
        message:
            f"Simulate the galaxies and volunteers of chunk {chunk}"
        script:
            "../../../scripts/builder/simulate.py"
