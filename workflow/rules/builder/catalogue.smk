"""From galaxies to tables, through the two notebooks that the seed names."""


# One row a subject: the crowd's models and the best volunteers.
rule make_agg_bi_models:
    input:
        aggregates=expand("<results>/aggregates/{id}.json", id=SUBJECTS),
        best=expand("<results>/best_individual/{id}.json", id=SUBJECTS),
    output:
        aggregation="<results>/aggregation_results.parquet",
        best="<results>/best_individual.parquet",
        notebook="<results>/notebooks/make_agg_bi_models.ipynb",
    log:
        "<logs>/make_agg_bi_models.log",
    benchmark:
        "<benchmarks>/make_agg_bi_models.tsv"
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        settings={},
        code=notebook("notebooks/builder_make_agg_bi_models.ipynb"),
    message:
        "Tables of aggregate and best individual models (notebook)"
    script:
        "../../../scripts/builder/run_notebook.py"


# The catalogue: units, magnitudes with the multiplier, errors, flags.
rule compile_tuned_models:
    input:
        metadata="<results>/gal-metadata.csv",
        cutouts=expand("<results>/fitting_metadata/{id}.npz", id=SUBJECTS),
        aggregates=expand("<results>/aggregates/{id}.json", id=SUBJECTS),
        agg=expand("<results>/tuned/agg/{id}.json", id=SUBJECTS),
        bi=expand("<results>/tuned/bi/{id}.json", id=SUBJECTS),
    output:
        fits="<results>/catalogue.fits",
        ecsv=report(
            "<results>/catalogue.ecsv",
            category="builder",
            caption="../../report/builder/catalogue.rst",
            labels={"product": "catalogue"},
        ),
        notebook="<results>/notebooks/compile_tuned_models.ipynb",
    log:
        "<logs>/compile_tuned_models.log",
    benchmark:
        "<benchmarks>/compile_tuned_models.tsv"
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        settings=pick(config, "catalogue"),
        code=notebook("notebooks/builder_compile_tuned_models.ipynb"),
    message:
        "Catalogue of tuned models (notebook)"
    script:
        "../../../scripts/builder/run_notebook.py"
