"""The front door: configuration, its validation, the areas, and what is wanted."""


configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"


config.update(
    validated(config, f"{workflow.basedir}/workflow/schemas/config.schema.yaml")
)


module builder:
    pathvars:
        **area_folders(config, "builder"),
    snakefile:
        "workflow/rules/builder.smk"
    config:
        area_config(config, "builder")


use rule * from builder as builder_*


module quasars:
    pathvars:
        **area_folders(config, "quasars"),
    snakefile:
        "workflow/rules/quasars.smk"
    config:
        area_config(config, "quasars")


use rule * from quasars as quasars_*


module clusters:
    pathvars:
        **area_folders(config, "clusters"),
    snakefile:
        "workflow/rules/clusters.smk"
    config:
        area_config(config, "clusters")


use rule * from clusters as clusters_*


rule all:
    default_target: True
    input:
        rules.builder_all.input,
        rules.quasars_all.input,
        rules.clusters_all.input,
