"""spirals: drawings, pictures and votes -> one network -> maps of arms and bars."""

from functools import partial


include: "common.smk"


from skyloom.io.record import checksum
from skyloom.run.places import ROOT
from skyloom.spirals.inputs import GALAXIES, Inputs, request

INPUTS = Inputs(config)
CHUNKS = INPUTS.chunks
RESOURCES = ROOT / "resources" / "spirals"
SUMS = {
    name: checksum(RESOURCES / f"{name}.csv") for name in ("questions", "volunteers")
}
TABLES = config | {"tables": SUMS}
DRAWN = [chunk for chunk, names in CHUNKS.items() if INPUTS.drawn(names)]
# Of all galaxies: where they lie, their pictures, and how many marked each pixel.
PACKS = {
    "records": expand("<results>/images/{chunk}.json", chunk=CHUNKS),
    "images": expand("<results>/dataset/{chunk}_images.npy", chunk=CHUNKS),
    "counts": expand("<results>/dataset/{chunk}_counts.npy", chunk=CHUNKS),
}
digest = partial(code_of, env="envs/spirals.yaml")


wildcard_constraints:
    heads="joint|segmentation|pretrained|votes",
    masks=r"all|[1-9]\d*",
    repeat=r"\d+",


if "simulated" in config["sources"]:

    include: "spirals/simulate.smk"


if INPUTS.master():

    include: "spirals/catalogue.smk"


if "gz3d" in config["sources"] and ALLOWED is None:

    include: "spirals/retrieve.smk"


if CHUNKS:

    include: "spirals/pictures.smk"
    include: "spirals/predict.smk"
    include: "spirals/summary.smk"


if CHUNKS and INPUTS.trains:

    include: "spirals/training.smk"
    include: "spirals/evaluate.smk"


include: "spirals/atlas.smk"


rule all:
    input:
        WANTED if CHUNKS else [],
        "<atlas>/spirals.html",
