"""The front door: configuration, its validation, the areas, and what is wanted."""


configfile: f"{workflow.basedir}/config/config.yaml"


# Without a layer of one's own, the demo.
if not workflow.overwrite_configfiles:

    configfile: f"{workflow.basedir}/config/demo.yaml"


include: "workflow/rules/common.smk"


report: "workflow/report/workflow.rst"


check_interpreter(sys.executable)
check_layers(workflow.configfiles)
config.update(validated(config))
remember_failures(Job, PersistenceBase)
told = Console(workflow).attend()


if "builder" in config["areas"]:

    module builder:
        pathvars:
            **area_folders(config, "builder"),
        snakefile:
            "workflow/rules/builder.smk"
        config:
            area_config(config, "builder")

    use rule * from builder as builder_*


if "quasars" in config["areas"]:

    module quasars:
        pathvars:
            **area_folders(config, "quasars"),
        snakefile:
            "workflow/rules/quasars.smk"
        config:
            area_config(config, "quasars")

    use rule * from quasars as quasars_*


if "clusters" in config["areas"]:

    module clusters:
        pathvars:
            **area_folders(config, "clusters"),
        snakefile:
            "workflow/rules/clusters.smk"
        config:
            area_config(config, "clusters")

    use rule * from clusters as clusters_*


if "spectra" in config["areas"]:

    module spectra:
        pathvars:
            **area_folders(config, "spectra"),
        snakefile:
            "workflow/rules/spectra.smk"
        config:
            area_config(config, "spectra")

    use rule * from spectra as spectra_*


if "spirals" in config["areas"]:

    module spirals:
        pathvars:
            **area_folders(config, "spirals"),
        snakefile:
            "workflow/rules/spirals.smk"
        config:
            area_config(config, "spirals")

    use rule * from spirals as spirals_*


# Before the first job; a dry run, and a job of a cluster, do neither.
onstart:
    hold(config)
    allocation.check(workflow)


onsuccess:
    told.end()


onerror:
    told.end()
    reasons.tell(log)


include: "workflow/rules/atlas.smk"


rule all:
    default_target: True
    input:
        rules.atlas.output,
        [getattr(rules, f"{area}_all").input for area in config["areas"]],


include: "workflow/rules/manifest.smk"
include: "workflow/rules/plan.smk"


allocation.ask(workflow, config["cluster"])
