"""builder: volunteer drawings of galaxies -> photometric models -> a catalogue."""

from skyloom.builder import sources


include: "common.smk"


SUBJECTS = sources.subjects(config)
CHUNKS = assign(SUBJECTS, config["chunks"])
STARTS = {"agg": "aggregates", "bi": "best_individual"}


include: f"builder/raw_{config['source']}.smk"
include: "builder/tables.smk"
include: "builder/galaxies.smk"
include: "builder/catalogue.smk"
include: "builder/analysis.smk"
include: "builder/retrieve.smk"


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
        "<results>/notebooks/analysis.ipynb",
        "<results>/metrics.json",
        expand("<results>/fitting_metadata/{id}.fits", id=SUBJECTS),
        expand("<results>/figures/{id}.pdf", id=SUBJECTS),
        expand("<results>/regions/{id}.reg", id=SUBJECTS),
        expand("<results>/galfit/{id}.feedme", id=SUBJECTS),
