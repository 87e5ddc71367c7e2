"""What a run made, listed with checksums, and whether its files still are that."""

RESULTS, LOGS = (
    f"{config['folders'][kind]}/{config['run']}" for kind in ("results", "logs")
)


# Asking for it makes the run complete.
rule manifest:
    input:
        rules.all.input,
    output:
        f"{RESULTS}/manifest.json",
    log:
        f"{LOGS}/manifest.log",
    conda:
        "../../envs/head.yaml"
    threads: 4
    resources:
        mem_mb=memory(2000),
        runtime=minutes(240),
    params:
        code=code_of("scripts/manifest.py", env="envs/head.yaml"),
    message:
        "List all files of the run, and what each was made from"
    script:
        "../../scripts/manifest.py"


# Of the files as they are: nothing is made first, and so nothing is an input or output.
rule verify:
    log:
        f"{LOGS}/verify.log",
    conda:
        "../../envs/head.yaml"
    threads: 4
    resources:
        mem_mb=memory(2000),
        runtime=minutes(240),
    params:
        settings={"manifest": f"{RESULTS}/manifest.json"},
        code=code_of("scripts/verify.py", env="envs/head.yaml"),
    message:
        "Compare all files of the run with its manifest"
    script:
        "../../scripts/verify.py"
