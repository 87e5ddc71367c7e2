"""clusters: catalogues -> images -> an encoder -> a survey's tiles -> a catalogue."""

from functools import partial


include: "common.smk"


from skyloom.clusters import contradictions, sources

contradictions.refuse(config)

FILES = sources.files(config)
CHUNKS = assign(FILES, config["chunks"])
SPLITS = sources.splits(config)
TILES = sources.tiles(config)
PARTS = assign(TILES, config["chunks"])
TRUTH = sources.survey_truth(config)
SIMULATED = sorted(TILES) if config["source"] == "simulated" else []
GALAXIES = sources.galaxies(config)
ENCODER = sources.encoder(config) if TILES or GALAXIES else {}
RED = sources.resource_digests("red_sequence.csv")
COLOURS = sources.resource_digests("galaxies.csv", "red_sequence.csv")
PAINTED = sources.resource_digests("galaxies.csv", "galaxies_sdss.csv")
digest = partial(code_of, env="envs/clusters.yaml")


include: "clusters/list.smk"


if FILES:

    include: "clusters/fields.smk"
    include: "clusters/encoder.smk"


if TILES:

    include: "clusters/survey.smk"


if SIMULATED:

    include: "clusters/simulate.smk"
    include: "clusters/notebook.smk"


if TILES and TRUTH:

    include: "clusters/evaluate.smk"


if GALAXIES:

    include: "clusters/real_field.smk"


include: "clusters/match.smk"
include: "clusters/retrieve.smk"
include: "clusters/summary.smk"


rule all:
    input:
        WANTED,
