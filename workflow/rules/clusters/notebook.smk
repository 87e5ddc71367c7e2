"""A notebook of a simulated tile, whose truth is known."""


# One tile step by step: image, probabilities, truth and matches.
rule single_tile_evaluation:
    input:
        images=lambda wildcards: TILES[wildcards.tile],
        predictions="<results>/predictions/{tile}.npz",
        truth="<results>/survey/truth/{tile}.fits",
        catalogue="<results>/catalogue/clusters.fits",
        matched_filter="<results>/matched_filter/{tile}.fits",
    output:
        notebook="<results>/notebooks/{tile}/single_tile_evaluation.ipynb",
    log:
        "<logs>/single_tile_evaluation/{tile}.log",
    wildcard_constraints:
        tile="|".join(SIMULATED),
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        settings=pick(config, "evaluate"),
        code=digest(
            "scripts/run_notebook.py",
            "notebooks/clusters_single_tile_evaluation.ipynb",
        ),
    message:
        "Tile {wildcards.tile} (notebook)"
    script:
        "../../../scripts/run_notebook.py"
