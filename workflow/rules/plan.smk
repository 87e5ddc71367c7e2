"""How much a run will take, before it is started; nothing needs it."""


# What is left to make now: `snakemake -f results/<run>/plan.md` makes it again.
rule plan:
    output:
        f"{config['folders']['results']}/{config['run']}/plan.md",
    log:
        f"{config['folders']['logs']}/{config['run']}/plan.log",
    localrule: True
    conda:
        "../../envs/head.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code_of("scripts/plan.py", env="envs/head.yaml"),
    message:
        "Plan the run"
    script:
        "../../scripts/plan.py"
