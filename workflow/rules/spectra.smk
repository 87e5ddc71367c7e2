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
    chunk=r"\d+",
    size=r"[1-9]\d*[km]?",
    kind="som|pca_som|kmeans|ae_som",
    repeat=r"[1-9]\d*",


if config["source"] == "simulated":

    include: "spectra/simulate.smk"

elif config["source"] == "manga":

    include: "spectra/retrieve.smk"


include: "spectra/rest.smk"
include: "spectra/sample.smk"
include: "spectra/desom.smk"
include: "spectra/galaxies.smk"
include: "spectra/labels.smk"
include: "spectra/place.smk"


rule all:
    input:
        "<results>/cuts.json" if CHUNKS else [],
        [
            f"<results>/{folder}/DESOM_model_final.keras"
            for folder in DESOM1.values()
            if CHUNKS
        ],
        ["<results>/evaluation/novelty.json"] if CHUNKS else [],
        PLACED,
