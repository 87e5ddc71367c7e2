"""spectra: galaxy spectra -> a map of spectra -> fingerprints -> a map of galaxies."""

from functools import partial


include: "common.smk"


from skyloom.spectra.inputs import Inputs, holders

INPUTS = Inputs(config, fresh=workflow.is_main_process)
CHUNKS = list(INPUTS.chunks)
GALAXIES = {chunk: list(names) for chunk, names in INPUTS.galaxies.items()}
SIZE = config["sample"]["size"]
digest = partial(code_of, env="envs/spectra.yaml")


wildcard_constraints:
    size=r"[1-9]\d*[km]?",


if config["source"] == "simulated":

    include: "spectra/simulate.smk"

elif config["source"] == "manga" and ALLOWED is None:

    include: "spectra/retrieve.smk"


if CHUNKS:

    include: "spectra/rest.smk"
    include: "spectra/sample.smk"
    include: "spectra/desom.smk"
    include: "spectra/maps.smk"
    include: "spectra/labels.smk"
    include: "spectra/galaxies.smk"
    include: "spectra/desom2.smk"
    include: "spectra/summary.smk"


include: "spectra/place.smk"
include: "spectra/atlas.smk"


PRODUCTS = [
    "<results>/cuts.json",
    *[f"<results>/{name}/prototypes.png" for name in ("desom1", "desom2")],
    "<results>/labels/test.fits",
    "<results>/fingerprints.npy",
    "<results>/evaluation/novelty.json",
    "<results>/catalogue.fits",
    "<results>/notebooks/desom1.ipynb",
    "<results>/notebooks/desom2.ipynb",
    "<results>/metrics.json",
]


rule all:
    input:
        PRODUCTS if CHUNKS else [],
        PLACED,
        "<atlas>/spectra.html",
