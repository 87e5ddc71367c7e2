"""A list of clusters, where none is given."""


# Richness and redshift of clusters, in the columns of redMaPPer's catalogues.
rule make_cluster_list:
    output:
        inputs.LIST,
    log:
        "<logs>/make_cluster_list.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings=pick(config, "seed"),
        code=digest("scripts/clusters/make_cluster_list.py"),
    message:
        "A list of clusters"
    script:
        "../../../scripts/clusters/make_cluster_list.py"
