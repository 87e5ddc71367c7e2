"""clusters: catalogues -> images -> an encoder -> a survey's tiles -> a catalogue."""

import re
from functools import partial
from math import ceil


include: "common.smk"


from skyloom.clusters import inputs, survey_tiles, training_files
from skyloom.clusters.real_field import sky_names

FILES = training_files.files(config)
CHUNKS = needed(assign(FILES, config["chunks"]), ALLOWED)
SPLITS = training_files.splits(config, FILES)
TILES = survey_tiles.tiles(config, fresh=workflow.is_main_process)
# For light work at the end, which no rule of a chunk waits for: seconds a tile.
SHARES = needed(assign(TILES, max(1, config["chunks"] // 24)), ALLOWED)
SAMPLE = survey_tiles.sample(TILES)
PARTS = needed(assign(TILES, config["chunks"]), ALLOWED)
TRUTH = inputs.survey_truth(config, TILES)
SIMULATED = sorted(TILES) if config["source"] == "simulated" else []
ENCODER = inputs.encoder(config) if TILES else {}
TABLES = config | {"tables": inputs.resource_digests()}
digest = partial(code_of, env="envs/clusters.yaml")

# Megapixels that memory goes by: of a field, a file of fields, what is learned from and
# looked at in one step, and a tile. DES's tiles have 100.
FIELD_MPX = ceil((config["simulate"]["fields"]["image_size"] / 1000) ** 2)
FILE_MPX = config["data"]["n_per_file"] * FIELD_MPX
LEARN_MPX = config["train"]["batch"] * FIELD_MPX
LOOK_MPX = config["survey"]["batch"] * ceil((config["survey"]["window"] / 1000) ** 2)
SIDE = config["simulate"]["survey"]["image_size"] if SIMULATED else 10_000
TILE_MPX = ceil((SIDE / 1000) ** 2)


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


if ALLOWED is None:

    include: "clusters/retrieve.smk"


include: "clusters/real_field.smk"
include: "clusters/match.smk"
include: "clusters/summary.smk"
include: "clusters/atlas.smk"


rule all:
    input:
        WANTED,
        "<atlas>/clusters.html",
