"""Public archives. The demo needs none of these; nothing runs them unasked."""


# An image of a DES tile, checked against the list of sums where one is given.
rule retrieve_des_tile:
    input:
        sums=inputs.optional(config["retrieve"], "sha256"),
    output:
        "<downloads>/clusters/tiles/{tile}/{tile}_{run}_{band}_nobkg.fits.fz",
    log:
        "<logs>/retrieve_des_tile/{tile}_{run}_{band}.log",
    wildcard_constraints:
        tile=r"DES\d{4}[+-]\d{4}",
        run=r"r\d+p\d+",
        band="[grizY]",
    localrule: True
    conda:
        "../../../envs/clusters.yaml"
    resources:
        downloads=1,
        mem_mb=memory(500),
        runtime=minutes(60),
    params:
        settings=pick(config, "retrieve.tiles"),
        code=digest("scripts/clusters/retrieve_des_tile.py"),
    message:
        "Download tile {wildcards.tile}, band {wildcards.band}"
    script:
        "../../../scripts/clusters/retrieve_des_tile.py"
