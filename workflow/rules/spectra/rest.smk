"""All spectra at rest on one grid, whatever their source; cuts, and their counts."""

for chunk in needed(INPUTS.chunks, ALLOWED):

    rule:
        name:
            f"rest_{chunk}"
        input:
            **INPUTS.raw(chunk),
        output:
            flux=f"<results>/rest/spec{chunk}.npy",
            ivar=f"<results>/rest/spec{chunk}_ivar.npy",
            info=f"<results>/rest/spec{chunk}_info.fits",
            cuts=f"<results>/rest/cuts{chunk}.json",
        log:
            f"<logs>/rest/{chunk}.log",
        benchmark:
            f"<benchmarks>/rest/{chunk}.tsv"
        conda:
            "../../../envs/spectra.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(120),
        params:
            settings=pick(
                config,
                *("cuts.chi2", "cuts.good", "cuts.signal", "cuts.sn"),
                *("grid.pixels", "grid.start", "grid.step", "sample.scale"),
            ),
            code=digest("scripts/spectra/rest.py"),
        message:
            f"Spectra of chunk {chunk} at rest"
        script:
            "../../../scripts/spectra/rest.py"


rule cuts:
    input:
        expand("<results>/rest/cuts{chunk}.json", chunk=CHUNKS),
    output:
        "<results>/cuts.json",
    log:
        "<logs>/cuts.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        code=digest("scripts/spectra/cuts.py"),
    message:
        "How many spectra each cut removes"
    script:
        "../../../scripts/spectra/cuts.py"
