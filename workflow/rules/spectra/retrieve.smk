"""Public archives: cubes of listed galaxies that are not there yet."""

from skyloom.run.config import data_path


# LOGCUBE or MAPS of a galaxy of the sheet, checked against its sum where it has one.
rule retrieve_manga:
    input:
        # Another galaxy in the list is no reason to fetch the others again.
        sheet=ancient(data_path(config["paths"]["plateifus"])),
    output:
        "<downloads>/manga/manga-{plateifu}-{product}.fits.gz",
    log:
        "<logs>/retrieve_manga/{plateifu}-{product}.log",
    wildcard_constraints:
        plateifu=r"\d+-\d+",
        product="LOGCUBE|MAPS",
    localrule: True
    conda:
        "../../../envs/spectra.yaml"
    resources:
        downloads=1,
        mem_mb=memory(1000),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/spectra/retrieve_manga.py"),
    message:
        "Download the {wildcards.product} of {wildcards.plateifu}"
    script:
        "../../../scripts/spectra/retrieve_manga.py"
