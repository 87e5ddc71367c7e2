"""The survey's tables: validated copies, whatever the source."""


# The subjects of the run, one id a line, as the seed's programs read them.
rule subject_id_list:
    output:
        "<results>/subject_id_list.csv",
    log:
        "<logs>/subject_id_list.log",
    localrule: True
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        settings={"subjects": SUBJECTS},
        code=digest("scripts/builder/subject_id_list.py"),
    message:
        "List of subjects"
    script:
        "../../../scripts/builder/subject_id_list.py"


# The Zooniverse subject export, validated, of these subjects only.
rule subjects:
    input:
        exports=INPUTS.exports("subjects"),
        tables=INPUTS.exports("gal_metadata"),
    output:
        kept="<results>/subjects.csv",
        rejected="<results>/rejected_subjects.csv",
    log:
        "<logs>/subjects.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=20),
        runtime=minutes(30),
    params:
        settings={"subjects": SUBJECTS},
        code=digest("scripts/builder/subjects.py"),
    message:
        "Validated subject export"
    script:
        "../../../scripts/builder/subjects.py"


# The Zooniverse classification export, validated and merged.
rule classifications:
    input:
        exports=INPUTS.exports("classifications"),
        subjects=INPUTS.exports("subjects"),
    output:
        kept="<results>/classifications.csv",
        rejected="<results>/rejected_classifications.csv",
    log:
        "<logs>/classifications.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=20),
        runtime=minutes(60),
    params:
        settings=pick(
            config | {"subjects": SUBJECTS},
            "source",
            "subjects",
            "volunteers.workflow_id",
        ),
        code=digest("scripts/builder/classifications.py"),
    message:
        "Validated classification export"
    script:
        "../../../scripts/builder/classifications.py"


# Position, redshift, size and frame of each galaxy.
rule gal_metadata:
    input:
        tables=INPUTS.exports("gal_metadata"),
        subjects="<results>/subjects.csv",
    output:
        "<results>/gal-metadata.csv",
    log:
        "<logs>/gal_metadata.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1500),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/builder/gal_metadata.py"),
    message:
        "Metadata of the galaxies"
    script:
        "../../../scripts/builder/gal_metadata.py"
