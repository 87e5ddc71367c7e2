"""Other maps, judged beside DESOM's, and a look into it."""

from skyloom.io.record import checksum
from skyloom.run.places import ROOT

TABLES = config | {"indices": checksum(ROOT / "resources/spectra/indices.csv")}
KINDS = config["desom"]["baselines"]
REPEATS = range(1, config["desom"]["repeats"] + 1)
BASELINES = {
    kind: f"<results>/maps/{kind}.{'keras' if kind == 'ae_som' else 'npz'}"
    for kind in KINDS
}
JUDGEMENT = "<results>/evaluation/maps.json"
INTERROGATION = "<results>/notebooks/desom1.ipynb"
TRAINING = {
    "training": "<results>/X_train.npy",
    "training_ivar": "<results>/X_train_ivar.npy",
    "training_info": "<results>/Y_train.fits",
}
UNSEEN = {
    "flux": "<results>/X_test.npy",
    "ivar": "<results>/X_test_ivar.npy",
    "info": "<results>/Y_test.fits",
}


# A plain map, a map of principal amplitudes, or k-means, with as many units.
rule baseline:
    input:
        flux="<results>/X_train.npy",
        ivar="<results>/X_train_ivar.npy",
        info="<results>/Y_train.fits",
    output:
        "<results>/maps/{kind}.npz",
    log:
        "<logs>/baseline/{kind}.log",
    benchmark:
        "<benchmarks>/baseline/{kind}.tsv"
    wildcard_constraints:
        kind="som|pca_som|kmeans",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(6000),
        runtime=minutes(240),
    params:
        settings=pick(
            config,
            "desom.latent",
            "desom.units.columns",
            "desom.units.lattice",
            "desom.units.rows",
            "desom.units.topology",
            "seed",
        ),
        code=digest("scripts/spectra/baseline.py"),
    message:
        "Baseline {wildcards.kind} of the map of spectra"
    script:
        "../../../scripts/spectra/baseline.py"


if "ae_som" in KINDS:

    # DESOM's autoencoder, trained alone, and then a map of its codes.
    rule baseline_network:
        input:
            flux="<results>/X_train.npy",
            ivar="<results>/X_train_ivar.npy",
            info="<results>/Y_train.fits",
        output:
            "<results>/maps/ae_som.keras",
        log:
            "<logs>/baseline/ae_som.log",
        benchmark:
            "<benchmarks>/baseline/ae_som.tsv"
        conda:
            "../../../envs/spectra.yaml"
        threads: config["desom"]["threads"]
        resources:
            mem_mb=memory(4000, per_input_mb=1.1),
            runtime=minutes(1440),
            gpu=int(config["desom"]["gpu"]),
        params:
            settings=pick(
                config,
                "desom.latent",
                "desom.network",
                "desom.training",
                "desom.units",
                "desom.weighted",
                "seed",
            ),
            code=digest("scripts/spectra/baseline_network.py"),
        message:
            "Autoencoder, then a map of its codes"
        script:
            "../../../scripts/spectra/baseline_network.py"


# How good DESOM's map and the baselines are, on test spectra.
rule evaluate_maps:
    input:
        **BASELINES,
        **TRAINING,
        **UNSEEN,
        desom="<results>/desom1/DESOM_model_final.keras",
        repeats=expand("<results>/desom1/repeat{k}/DESOM_model_final.keras", k=REPEATS),
    output:
        report=JUDGEMENT,
        comparison=report(
            "<results>/evaluation/maps.pdf",
            category="Spectra",
            subcategory="Map of spectra",
            caption="../../report/spectra/maps.rst",
            labels={"shown": "The map beside other maps"},
        ),
        bias=report(
            "<results>/evaluation/maps_bias.pdf",
            category="Spectra",
            subcategory="Map of spectra",
            caption="../../report/spectra/maps_bias.rst",
            labels={"shown": "Bias of reconstructions"},
        ),
    log:
        "<logs>/evaluate_maps.log",
    benchmark:
        "<benchmarks>/evaluate_maps.tsv"
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(6000),
        runtime=minutes(120),
    params:
        settings=pick(TABLES, "desom.baselines", "indices", "labels.columns", "seed"),
        code=digest("scripts/spectra/evaluate_maps.py"),
    message:
        "How good the maps of spectra are"
    script:
        "../../../scripts/spectra/evaluate_maps.py"


# The map and what it shows, step by step.
rule interrogate_desom1:
    input:
        **TRAINING,
        **UNSEEN,
        map="<results>/desom1/DESOM_model_final.keras",
        evaluation=JUDGEMENT,
    output:
        notebook=INTERROGATION,
    log:
        "<logs>/interrogate_desom1.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(6000),
        runtime=minutes(60),
    params:
        settings=pick(TABLES, "indices", "labels.columns"),
        code=digest("scripts/run_notebook.py", "notebooks/spectra_desom1.ipynb"),
    message:
        "The map of spectra (notebook)"
    script:
        "../../../scripts/run_notebook.py"
