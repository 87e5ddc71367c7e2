"""Galaxies, one by one: their spectra, and their fingerprints on the map."""

NAMES = [name for names in GALAXIES.values() for name in names]
# A chunk of the seed has no galaxy of its own where others hold all of them, too.
OWNERS = {chunk: names for chunk, names in GALAXIES.items() if names}

for chunk, names in needed(OWNERS, ALLOWED).items():
    # The seed's chunks may hold a galaxy's spectra in several of them.
    held = holders(INPUTS, chunk)

    # The spectra of each galaxy, in physical units.
    rule:
        name:
            f"galaxies_{chunk}"
        input:
            flux=expand("<results>/rest/spec{held}.npy", held=held),
            ivar=expand("<results>/rest/spec{held}_ivar.npy", held=held),
            info=expand("<results>/rest/spec{held}_info.fits", held=held),
        output:
            flux=expand("<results>/galaxies/{name}.npy", name=names),
            ivar=expand("<results>/galaxies/{name}_ivar.npy", name=names),
            info=expand("<results>/galaxies/{name}_info.fits", name=names),
        log:
            f"<logs>/galaxies/{chunk}.log",
        conda:
            "../../../envs/spectra.yaml"
        resources:
            mem_mb=memory(1500),
            runtime=minutes(60),
        params:
            settings=pick({"galaxies": INPUTS.galaxies[chunk]}, "galaxies"),
            code=digest("scripts/spectra/galaxies.py"),
        message:
            f"Spectra of the galaxies of chunk {chunk}, one file each"
        script:
            "../../../scripts/spectra/galaxies.py"

    # How the spectra of each galaxy fall on the units of the map.
    rule:
        name:
            f"fingerprints_{chunk}"
        input:
            map="<results>/desom1/DESOM_model_final.keras",
            flux=expand("<results>/galaxies/{name}.npy", name=names),
            ivar=expand("<results>/galaxies/{name}_ivar.npy", name=names),
            info=expand("<results>/galaxies/{name}_info.fits", name=names),
        output:
            shares=expand("<results>/fingerprints/{name}.npy", name=names),
            info=expand("<results>/fingerprints/{name}_info.fits", name=names),
        log:
            f"<logs>/fingerprints/{chunk}.log",
        benchmark:
            f"<benchmarks>/fingerprints/{chunk}.tsv"
        conda:
            "../../../envs/spectra.yaml"
        # A process loads the network, which takes as long as dozens of galaxies.
        threads: min(8, 1 + len(names) // 50)
        resources:
            mem_mb=memory(1000, per_thread=1500),
            runtime=minutes(120),
        params:
            settings=pick(
                config | {"galaxies": INPUTS.galaxies[chunk]},
                "fingerprints",
                "galaxies",
            ),
            code=digest("scripts/spectra/fingerprints.py"),
        message:
            f"Fingerprints of the galaxies of chunk {chunk}"
        script:
            "../../../scripts/spectra/fingerprints.py"


# All of them in one array, training galaxies marked: those of the map of spectra.
rule stack_fingerprints:
    input:
        shares=expand("<results>/fingerprints/{name}.npy", name=NAMES),
        info=expand("<results>/fingerprints/{name}_info.fits", name=NAMES),
        training="<results>/Y_train.fits",
    output:
        shares="<results>/fingerprints.npy",
        info="<results>/fingerprints_info.fits",
    log:
        "<logs>/stack_fingerprints.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(1500),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/spectra/stack_fingerprints.py"),
    message:
        "Fingerprints of all galaxies"
    script:
        "../../../scripts/spectra/stack_fingerprints.py"
