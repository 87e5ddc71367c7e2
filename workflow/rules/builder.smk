"""builder: volunteer drawings of galaxies -> photometric models -> a catalogue."""

from functools import partial


include: "common.smk"


from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.inputs import IMAGES, Inputs, resource_digest

INPUTS = Inputs(config)
SUBJECTS = INPUTS.subjects
KINDS = ("fitting_metadata/{}.fits", "figures/{}.pdf")
KINDS += ("regions/{}.reg", "galfit/{}.feedme")
GALAXIES = [f"<results>/{kind.format(i)}" for kind in KINDS for i in SUBJECTS]
STARTS = {"agg": "aggregates", "bi": "best_individual"}
IMAGE_PATHS = [f"paths.{kind}" for kind in IMAGES.get(config["source"], ())]
digest = partial(code_of, env="envs/builder.yaml")
notebook = partial(digest, "scripts/run_notebook.py")


if config["source"] == "simulated":

    include: "builder/simulate.smk"

elif ALLOWED is None:

    include: "builder/retrieve.smk"


include: "builder/tables.smk"
include: "builder/galaxies.smk"
include: "builder/catalogue.smk"
include: "builder/analysis.smk"
include: "builder/atlas.smk"


rule all:
    input:
        "<results>/subjects.csv",
        "<results>/classifications.csv",
        "<results>/gal-metadata.csv",
        "<results>/subject_id_list.csv",
        "<results>/aggregation_results.parquet",
        "<results>/best_individual.parquet",
        "<results>/catalogue.fits",
        "<results>/catalogue.ecsv",
        "<results>/notebooks/make_agg_bi_models.ipynb",
        "<results>/notebooks/compile_tuned_models.ipynb",
        "<results>/notebooks/analysis.ipynb",
        "<results>/metrics.json",
        "<atlas>/builder.html",
        GALAXIES if ALLOWED is None else [],
