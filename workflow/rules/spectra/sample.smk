"""The sample: so many spectra of all chunks, scaled; training and test galaxies."""


# Any size in the name: spec250k.npy, spec2k.npy, spec500.npy.
rule sample:
    input:
        flux=expand("<results>/rest/spec{chunk}.npy", chunk=CHUNKS),
        ivar=expand("<results>/rest/spec{chunk}_ivar.npy", chunk=CHUNKS),
        info=expand("<results>/rest/spec{chunk}_info.fits", chunk=CHUNKS),
    output:
        flux="<results>/spec{size}.npy",
        ivar="<results>/spec{size}_ivar.npy",
        info="<results>/spec{size}_info.fits",
        report="<results>/spec{size}.json",
    log:
        "<logs>/sample/{size}.log",
    benchmark:
        "<benchmarks>/sample/{size}.tsv"
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        settings=pick(config, "cuts.outliers", "sample.scale", "sample.test", "seed"),
        code=digest("scripts/spectra/sample.py"),
    message:
        "A sample of {wildcards.size} spectra"
    script:
        "../../../scripts/spectra/sample.py"


rule split:
    input:
        flux=f"<results>/spec{SIZE}.npy",
        ivar=f"<results>/spec{SIZE}_ivar.npy",
        info=f"<results>/spec{SIZE}_info.fits",
    output:
        x_train="<results>/X_train.npy",
        ivar_train="<results>/X_train_ivar.npy",
        y_train="<results>/Y_train.fits",
        x_test="<results>/X_test.npy",
        ivar_test="<results>/X_test_ivar.npy",
        y_test="<results>/Y_test.fits",
    log:
        "<logs>/split.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        code=digest("scripts/spectra/split.py"),
    message:
        "Training and test spectra, split by galaxy"
    script:
        "../../../scripts/spectra/split.py"
