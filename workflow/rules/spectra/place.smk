"""Apply: further spectra and cubes, placed on a trained map."""

from skyloom.spectra.place import sources

FILES = sources.simulated(INPUTS.cubes) | sources.files(config)
PLACED = expand("<results>/placed/{placed}.{ext}", placed=FILES, ext=["fits", "png"])
PLACED += ["<results>/placed/anomalies.ecsv"] if FILES else []


if FILES:

    wildcard_constraints:
        placed="|".join(map(re.escape, FILES)),

    # A file of spectra, or a cube: its maps on the sky.
    rule place:
        input:
            **sources.model(config),
            **sources.redshifts(config),
            file=lambda wildcards: FILES[wildcards.placed],
            beside=lambda wildcards: sources.beside(FILES[wildcards.placed]),
        output:
            found="<results>/placed/{placed}.fits",
            report="<results>/placed/{placed}.json",
            picture=report(
                "<results>/placed/{placed}.png",
                category="Spectra",
                subcategory="Placed on the map",
                caption="../../report/spectra/placed.rst",
                labels={"shown": "{placed}"},
            ),
        log:
            "<logs>/place/{placed}.log",
        benchmark:
            "<benchmarks>/place/{placed}.tsv"
        conda:
            "../../../envs/spectra.yaml"
        resources:
            mem_mb=memory(3000, per_input_mb=4),
            runtime=minutes(120),
        params:
            settings=pick(
                config | {"redshift": sources.redshift(config)}, "redshift", "seed"
            ),
            code=digest("scripts/spectra/place.py"),
        message:
            "Place {wildcards.placed} on the map"
        script:
            "../../../scripts/spectra/place.py"

    # The spectra of all files that are least like the map's training spectra.
    rule anomalies:
        input:
            expand("<results>/placed/{placed}.fits", placed=FILES),
        output:
            "<results>/placed/anomalies.ecsv",
        log:
            "<logs>/anomalies.log",
        conda:
            "../../../envs/spectra.yaml"
        resources:
            mem_mb=memory(1500, per_input_mb=3),
            runtime=minutes(20),
        params:
            code=digest("scripts/spectra/anomalies.py"),
        message:
            "The least usual of the placed spectra"
        script:
            "../../../scripts/spectra/anomalies.py"


# How unusual the run's own test spectra are: as often at all sizes of the IFU?
rule evaluate_novelty:
    input:
        **sources.OWN,
        flux="<results>/X_test.npy",
        ivar="<results>/X_test_ivar.npy",
        info="<results>/Y_test.fits",
    output:
        report="<results>/evaluation/novelty.json",
        anomalies="<results>/evaluation/anomalies.ecsv",
    log:
        "<logs>/evaluate_novelty.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(2500),
        runtime=minutes(60),
    params:
        settings=pick(config, "seed"),
        code=digest("scripts/spectra/evaluate_novelty.py"),
    message:
        "How unusual the test spectra are, and which the most"
    script:
        "../../../scripts/spectra/evaluate_novelty.py"
