"""The survey's tables: validated copies, whatever the source."""


# The subjects of the run, one id a line, as the seed's programs read them.
rule make_subject_id_list:
    output:
        "<results>/subject_id_list.csv",
    log:
        "<logs>/make_subject_id_list.log",
    conda:
        "../../../envs/builder.yaml"
    localrule: True
    params:
        subjects=SUBJECTS,
        code=digest("scripts/builder/make_subject_id_list.py"),
    message:
        "List of subjects"
    script:
        "../../../scripts/builder/make_subject_id_list.py"


# The Zooniverse subject export, validated, of these subjects only.
rule make_subjects:
    input:
        **sources.tables(config, CHUNKS, "subjects"),
    output:
        "<results>/subjects.csv",
    log:
        "<logs>/make_subjects.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(30),
    params:
        subjects=SUBJECTS,
        settings=pick(config, "source"),
        code=digest("scripts/builder/make_subjects.py"),
    message:
        "Validated subject export"
    script:
        "../../../scripts/builder/make_subjects.py"


# The Zooniverse classification export, validated and merged.
rule merge_classifications:
    input:
        **sources.tables(config, CHUNKS, "classifications"),
    output:
        "<results>/classifications.csv",
    log:
        "<logs>/merge_classifications.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        subjects=SUBJECTS,
        settings=pick(config, "source", "volunteers"),
        code=digest("scripts/builder/merge_classifications.py"),
    message:
        "Validated classification export"
    script:
        "../../../scripts/builder/merge_classifications.py"


# Position, redshift, size and frame of each galaxy.
rule make_gal_metadata:
    input:
        **sources.tables(config, CHUNKS, "gal_metadata"),
    output:
        "<results>/gal-metadata.csv",
    log:
        "<logs>/make_gal_metadata.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=by_attempt(1500),
        runtime=by_attempt(30),
    params:
        subjects=SUBJECTS,
        settings=pick(config, "source"),
        code=digest("scripts/builder/make_gal_metadata.py"),
    message:
        "Metadata of the galaxies"
    script:
        "../../../scripts/builder/make_gal_metadata.py"
