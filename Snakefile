"""The front door: configuration, its validation, the areas, and what is wanted."""

sys.path.insert(0, f"{workflow.basedir}/workflow/lib")


configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"


module builder:
    snakefile:
        "workflow/rules/builder.smk"
    config:
        area_config(config, "builder")
    pathvars:
        **area_folders(config, "builder"),


use rule * from builder as builder_*


rule all:
    default_target: True
    input:
        rules.builder_all.input,
