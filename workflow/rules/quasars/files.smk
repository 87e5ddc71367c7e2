"""Real files in: labelled spectra with their visual inspection."""

SAMPLE = inputs.sample(config, fresh=FRESH)


# One store and one table of labels, whatever the files' formats.
rule import_sample:
    input:
        spectra=[path for files in SAMPLE["spectra"] for path in files],
        truths=SAMPLE["truths"],
    output:
        store="<results>/spectra/training.h5",
        labels="<results>/labels/round1.csv",
        rejected="<results>/spectra/training_rejected.csv",
    log:
        "<logs>/import_sample.log",
    benchmark:
        "<benchmarks>/import_sample.tsv"
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(240),
    params:
        settings=pick(config | {"sources": SAMPLE["counts"]}, "seed", "sources"),
        code=digest("scripts/quasars/import_sample.py"),
    message:
        "Labelled spectra in"
    script:
        "../../../scripts/quasars/import_sample.py"
