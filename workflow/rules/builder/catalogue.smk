"""From galaxies to tables, and the two notebooks that the seed names."""


# One row a subject: the crowd's models and the best volunteers.
rule model_tables:
    input:
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
        best=INPUTS.every("<results>/best_individual/{id}.json"),
    output:
        aggregation="<results>/aggregation_results.parquet",
        best="<results>/best_individual.parquet",
    log:
        "<logs>/model_tables.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=10),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/builder/model_tables.py"),
    message:
        "Tables of aggregate and best individual models"
    script:
        "../../../scripts/builder/model_tables.py"


# What is in these tables.
rule make_agg_bi_models:
    input:
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
        aggregation="<results>/aggregation_results.parquet",
        best="<results>/best_individual.parquet",
    output:
        notebook="<results>/notebooks/make_agg_bi_models.ipynb",
    log:
        "<logs>/make_agg_bi_models.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(4000, per_input_mb=10),
        runtime=minutes(60),
    params:
        settings={},
        code=notebook("notebooks/builder_make_agg_bi_models.ipynb"),
    message:
        "Aggregate and best individual models (notebook)"
    script:
        "../../../scripts/run_notebook.py"


# The catalogue: units, magnitudes with the multiplier, errors, flags.
rule catalogue:
    input:
        metadata="<results>/gal-metadata.csv",
        cutouts=INPUTS.every("<results>/fitting_metadata/{id}.npz"),
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
        models=INPUTS.every("<results>/models/{id}.json"),
        agg=INPUTS.every("<results>/tuned/agg/{id}.json"),
        bi=INPUTS.every("<results>/tuned/bi/{id}.json"),
    output:
        fits="<results>/catalogue.fits",
        ecsv=report(
            "<results>/catalogue.ecsv",
            category="Builder",
            subcategory="Catalogue",
            caption="../../report/builder/catalogue.rst",
            labels={"shown": "Catalogue of galaxies"},
        ),
    log:
        "<logs>/catalogue.log",
    benchmark:
        "<benchmarks>/catalogue.tsv"
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=10),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/builder/catalogue.py"),
    message:
        "Catalogue of the galaxies' models"
    script:
        "../../../scripts/builder/catalogue.py"


# What is in the catalogue, and how the two single fits compare.
rule compile_tuned_models:
    input:
        catalogue="<results>/catalogue.fits",
        cutouts=INPUTS.every("<results>/fitting_metadata/{id}.npz"),
        models=INPUTS.every("<results>/models/{id}.json"),
    output:
        notebook="<results>/notebooks/compile_tuned_models.ipynb",
    log:
        "<logs>/compile_tuned_models.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(4000, per_input_mb=10),
        runtime=minutes(60),
    params:
        settings={},
        code=notebook("notebooks/builder_compile_tuned_models.ipynb"),
    message:
        "The catalogue (notebook)"
    script:
        "../../../scripts/run_notebook.py"
