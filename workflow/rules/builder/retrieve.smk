"""Public archives. The demo needs none of these; nothing runs them unasked."""


# All subject files of the run: `snakemake builder_retrieve_subjects`, then run it.
rule retrieve_subjects:
    input:
        expand(
            "<downloads>/builder/subject_data/{subject}/difference.json",
            subject=SUBJECTS,
        ),


# A subject's image, mask and PSF as the volunteers saw them.
rule retrieve_subject:
    input:
        subjects=INPUTS.exports("subjects"),
    output:
        "<downloads>/builder/subject_data/{subject}/difference.json",
        "<downloads>/builder/subject_data/{subject}/image.png",
        "<downloads>/builder/subject_data/{subject}/model.json",
    log:
        "<logs>/retrieve_subject/{subject}.log",
    wildcard_constraints:
        subject=r"\d+",
    localrule: True
    conda:
        "../../../envs/builder.yaml"
    resources:
        downloads=1,
        mem_mb=memory(500),
        runtime=minutes(60),
    params:
        settings={},
        code=digest("scripts/builder/retrieve_subject.py"),
    message:
        "Download the files of subject {wildcards.subject}"
    script:
        "../../../scripts/builder/retrieve_subject.py"
