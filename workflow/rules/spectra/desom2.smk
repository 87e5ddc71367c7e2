"""The map of galaxies, its catalogue and its judgement."""

FINGERPRINTS = {
    "shares": "<results>/fingerprints.npy",
    "info": "<results>/fingerprints_info.fits",
}


# DESOM-2: a map on which galaxies of like fingerprints lie together.
rule desom2:
    input:
        **FINGERPRINTS,
    output:
        model="<results>/desom2/DESOM_model_final.keras",
        log="<results>/desom2/desom_log.csv",
        placed="<results>/desom2/placed.npz",
    log:
        "<logs>/desom2.log",
    benchmark:
        "<benchmarks>/desom2.tsv"
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(3000, per_input_mb=10),
        runtime=minutes(480),
    params:
        settings=pick(config, "galaxy_map", "seed"),
        code=digest("scripts/spectra/desom2.py"),
    message:
        "Train the map of galaxies"
    script:
        "../../../scripts/spectra/desom2.py"


GALAXY_FIGURES = {
    "loss": "Its training",
    "prototypes": "Prototypes, as fingerprints",
    "hits": "Where galaxies fall",
}


# Its training, its prototypes, and where galaxies fall.
rule draw_desom2:
    input:
        placed="<results>/desom2/placed.npz",
        log="<results>/desom2/desom_log.csv",
    output:
        **{
            name: report(
                f"<results>/desom2/{name}.png",
                category="Spectra",
                subcategory="Map of galaxies",
                caption=f"../../report/spectra/desom2_{name}.rst",
                labels={"shown": words},
            )
            for name, words in GALAXY_FIGURES.items()
        },
    log:
        "<logs>/draw_desom2.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    params:
        settings=pick(config, "galaxy_map.training.gamma"),
        code=digest("scripts/spectra/draw_desom2.py"),
    message:
        "Draw the map of galaxies"
    script:
        "../../../scripts/spectra/draw_desom2.py"


# One row a galaxy: where it lies on the map of galaxies, and how unusual it is.
rule catalogue:
    input:
        **FINGERPRINTS,
        placed="<results>/desom2/placed.npz",
    output:
        fits="<results>/catalogue.fits",
        ecsv=report(
            "<results>/catalogue.ecsv",
            category="Spectra",
            subcategory="Catalogue",
            caption="../../report/spectra/catalogue.rst",
            labels={"shown": "Catalogue of galaxies"},
        ),
    log:
        "<logs>/catalogue.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(1500),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/spectra/catalogue.py"),
    message:
        "Catalogue of the map of galaxies"
    script:
        "../../../scripts/spectra/catalogue.py"


# Classes that the map was not shown, and what it should not know.
rule evaluate_galaxies:
    input:
        **FINGERPRINTS,
        placed="<results>/desom2/placed.npz",
        truth=INPUTS.truth(),
    output:
        "<results>/evaluation/galaxies.json",
    log:
        "<logs>/evaluate_galaxies.log",
    benchmark:
        "<benchmarks>/evaluate_galaxies.tsv"
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(2000, per_input_mb=5),
        runtime=minutes(60),
    params:
        settings=pick(config, "seed"),
        code=digest("scripts/spectra/evaluate_galaxies.py"),
    message:
        "Judge the map of galaxies"
    script:
        "../../../scripts/spectra/evaluate_galaxies.py"


# Its fingerprints, its classes and its systematics.
rule interrogate_desom2:
    input:
        **FINGERPRINTS,
        placed="<results>/desom2/placed.npz",
        judged="<results>/evaluation/galaxies.json",
        catalogue="<results>/catalogue.ecsv",
        truth=INPUTS.truth(),
    output:
        notebook="<results>/notebooks/desom2.ipynb",
    log:
        "<logs>/interrogate_desom2.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/run_notebook.py", "notebooks/spectra_desom2.ipynb"),
    message:
        "The map of galaxies (notebook)"
    script:
        "../../../scripts/run_notebook.py"
