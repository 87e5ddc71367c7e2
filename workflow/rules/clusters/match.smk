"""Two lists of clusters against each other, whatever they are."""


# One-to-one pairs, and how many of either list have a partner.
rule match:
    input:
        unpack(lambda wildcards: inputs.matched(config)),
    output:
        pairs="<results>/matches/pairs.csv",
        rates="<results>/matches/rates.json",
    log:
        "<logs>/match.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        settings=pick(
            config,
            "evaluate.dz",
            "evaluate.radius",
            "match.columns_a",
            "match.columns_b",
            "match.redshifts",
            "seed",
        ),
        code=digest("scripts/clusters/match.py"),
    message:
        "Match two lists of clusters"
    script:
        "../../../scripts/clusters/match.py"
