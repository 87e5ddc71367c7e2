"""The run's figures of merit in one file."""


rule metrics:
    input:
        cuts="<results>/cuts.json",
        maps="<results>/evaluation/maps.json",
        labels="<results>/evaluation/labels.json",
        novelty="<results>/evaluation/novelty.json",
        galaxies="<results>/evaluation/galaxies.json",
    output:
        tree="<results>/metrics.json",
        table=report(
            "<results>/metrics.html",
            category="Spectra",
            subcategory="Headline numbers",
            caption="../../report/spectra/metrics.rst",
            labels={"shown": "Headline numbers"},
        ),
    log:
        "<logs>/metrics.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        settings={},
        code=digest("scripts/spectra/metrics.py"),
    message:
        "Figures of merit of the maps"
    script:
        "../../../scripts/spectra/metrics.py"
