"""A simulated survey in the files of MaNGA's chunks, and some galaxies as cubes."""

from skyloom.spectra.simulation.plan import planned, resources, templates

NAMES = planned(config["simulate"], config["seed"])
NOISE = {"noise": resources()}
# Not how many there are: one more galaxy is no reason to simulate the others again.
GALAXY = [f"simulate.{key}" for key in ("fibres", "redshift", "sn", "spectra")]
GALAXY += ["noise", "seed", "simulate.templates"]


for chunk, plateifus in needed(INPUTS.chunks, ALLOWED).items():

    # Spectra with the true labels in their table; what the galaxies are goes apart.
    rule:
        name:
            f"simulate_{chunk}"
        input:
            templates(config["simulate"]),
        output:
            spec=f"<results>/raw/spec{chunk}.npy",
            ivar=f"<results>/raw/ivar{chunk}.npy",
            wave=f"<results>/raw/wave{chunk}.npy",
            table=f"<results>/raw/datatab{chunk}.fits",
            truth=f"<results>/raw/truth{chunk}.fits",
        log:
            f"<logs>/simulate/{chunk}.log",
        benchmark:
            f"<benchmarks>/simulate/{chunk}.tsv"
        conda:
            "../../../envs/spectra.yaml"
        resources:
            mem_mb=memory(2000),
            runtime=minutes(120),
        params:
            settings=pick(
                config | NOISE | {"names": {p: NAMES[p] for p in plateifus}},
                "names",
                *GALAXY,
            ),
            code=digest("scripts/spectra/simulate.py"),
        message:
            f"Simulate the galaxies of chunk {chunk}"
        script:
            "../../../scripts/spectra/simulate.py"


for plateifu in INPUTS.cubes:

    rule:
        name:
            f"simulate_cube_{plateifu}"
        input:
            templates(config["simulate"]),
        output:
            cube=f"<results>/raw/cubes/manga-{plateifu}-LOGCUBE.fits.gz",
            maps=f"<results>/raw/cubes/manga-{plateifu}-MAPS.fits.gz",
        log:
            f"<logs>/simulate_cube/{plateifu}.log",
        conda:
            "../../../envs/spectra.yaml"
        resources:
            mem_mb=memory(3000),
            runtime=minutes(30),
        params:
            settings=pick(
                config | NOISE | {"names": {plateifu: NAMES[plateifu]}},
                "names",
                *GALAXY,
            ),
            code=digest("scripts/spectra/simulate_cube.py"),
        message:
            f"Simulate the cube of galaxy {plateifu}"
        script:
            "../../../scripts/spectra/simulate_cube.py"
