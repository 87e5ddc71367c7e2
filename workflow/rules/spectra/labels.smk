"""Physical quantities read off the map, and what they are worth."""

MAP = "<results>/desom1/DESOM_model_final.keras"


# What each node of the map knows of physical quantities.
rule labels:
    input:
        map=MAP,
        flux="<results>/X_train.npy",
        ivar="<results>/X_train_ivar.npy",
        info="<results>/Y_train.fits",
    output:
        labels="<results>/labels/labels.npz",
        nodes="<results>/labels/nodes.fits",
    log:
        "<logs>/labels.log",
    benchmark:
        "<benchmarks>/labels.tsv"
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(2500),
        runtime=minutes(120),
    params:
        settings=pick(config, "labels", "seed"),
        code=digest("scripts/spectra/labels.py"),
    message:
        "Labels of the map's nodes"
    script:
        "../../../scripts/spectra/labels.py"


# Bias, scatter and coverage on test galaxies, beside neighbours and a ridge regression.
rule evaluate_labels:
    input:
        map=MAP,
        labels="<results>/labels/labels.npz",
        train="<results>/X_train.npy",
        train_ivar="<results>/X_train_ivar.npy",
        train_info="<results>/Y_train.fits",
        test="<results>/X_test.npy",
        test_ivar="<results>/X_test_ivar.npy",
        test_info="<results>/Y_test.fits",
    output:
        report="<results>/evaluation/labels.json",
        table="<results>/labels/test.fits",
        figure=report(
            "<results>/evaluation/labels.pdf",
            category="Spectra",
            subcategory="Map of spectra",
            caption="../../report/spectra/labels.rst",
            labels={"shown": "Labels of unseen galaxies, by S/N"},
        ),
    log:
        "<logs>/evaluate_labels.log",
    benchmark:
        "<benchmarks>/evaluate_labels.tsv"
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(2500),
        runtime=minutes(120),
    params:
        settings=pick(config, "labels.calibrate", "seed"),
        code=digest("scripts/spectra/evaluate_labels.py"),
    message:
        "How good the labels are"
    script:
        "../../../scripts/spectra/evaluate_labels.py"
