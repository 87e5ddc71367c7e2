"""What the run is asked for, and its headline numbers in one file."""

SUMMARY = {
    "encoder": ["<results>/encoder/evaluation.json"] if FILES else [],
    "survey": ["<results>/evaluation.json"] if TILES and TRUTH else [],
    "matches": ["<results>/matches/rates.json"] if config["match"]["a"] else [],
    "real_field": (
        ["<results>/real_field/report.json"] if config["real_field"]["galaxies"] else []
    ),
}
BOOKS = expand(
    "<results>/notebooks/{tile}/single_tile_evaluation.ipynb",
    tile=SIMULATED[:1],
)
WANTED = [path for paths in SUMMARY.values() for path in paths] + BOOKS
WANTED += ["<results>/catalogue/clusters.fits"] if TILES else []
WANTED += expand("<results>/pictures/{tile}.png", tile=sorted(TILES)[:1])
WANTED += ["<results>/metrics.json"] if WANTED else []


rule metrics:
    input:
        **SUMMARY,
    output:
        tree="<results>/metrics.json",
        table=report(
            "<results>/metrics.html",
            category="Clusters",
            subcategory="Headline numbers",
            caption="../../report/clusters/metrics.rst",
            labels={"shown": "Headline numbers"},
        ),
    log:
        "<logs>/metrics.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings={},
        code=digest("scripts/clusters/metrics.py"),
    message:
        "Headline numbers"
    script:
        "../../../scripts/clusters/metrics.py"
