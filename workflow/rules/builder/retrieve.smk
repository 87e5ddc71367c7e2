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
        subjects=sources.exports(config, CHUNKS, "subjects"),
    output:
        difference="<downloads>/builder/subject_data/{subject}/difference.json",
        image="<downloads>/builder/subject_data/{subject}/image.png",
        model="<downloads>/builder/subject_data/{subject}/model.json",
    log:
        "<logs>/retrieve_subject/{subject}.log",
    wildcard_constraints:
        subject=r"\d+",
    localrule: True
    conda:
        "../../../envs/builder.yaml"
    resources:
        downloads=1,
        mem_mb=by_attempt(500),
        runtime=by_attempt(60),
    params:
        settings=pick(config, "retrieve"),
        code=digest("scripts/builder/retrieve_subject.py"),
    message:
        "Download the files of subject {wildcards.subject}"
    script:
        "../../../scripts/builder/retrieve_subject.py"


# One calibrated SDSS frame, with its sky and calibration.
rule retrieve_frame:
    output:
        "<downloads>/builder/frames/frame-{band}-{run}-{camcol}-{field}.fits.bz2",
    log:
        "<logs>/retrieve_frame/{band}-{run}-{camcol}-{field}.log",
    wildcard_constraints:
        band="[ugriz]",
        run=r"\d{6}",
        camcol="[1-6]",
        field=r"\d{4}",
    localrule: True
    conda:
        "../../../envs/builder.yaml"
    resources:
        downloads=1,
        mem_mb=by_attempt(500),
        runtime=by_attempt(60),
    params:
        settings=pick(config, "retrieve"),
        code=digest("scripts/builder/retrieve_frame.py"),
    message:
        "Download SDSS frame {wildcards.run}-{wildcards.camcol}-{wildcards.field}"
    script:
        "../../../scripts/builder/retrieve_frame.py"
