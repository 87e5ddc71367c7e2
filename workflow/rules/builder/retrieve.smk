"""Public archives. The demo needs none of these; nothing runs them unasked."""


# A subject's image, mask and PSF as the volunteers saw them.
rule retrieve_subject:
    output:
        "<resources>/builder/subject_data/{subject}/difference.json",
    wildcard_constraints:
        subject=r"\d+",
    log:
        "<logs>/retrieve_subject/{subject}.log",
    conda:
        "../../../envs/builder.yaml"
    localrule: True
    resources:
        downloads=1,
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
        "<resources>/builder/frames/frame-{band}-{run}-{camcol}-{field}.fits.bz2",
    wildcard_constraints:
        band="[ugriz]",
        run=r"\d{6}",
        camcol="[1-6]",
        field=r"\d{4}",
    log:
        "<logs>/retrieve_frame/{band}-{run}-{camcol}-{field}.log",
    conda:
        "../../../envs/builder.yaml"
    localrule: True
    resources:
        downloads=1,
    params:
        settings=pick(config, "retrieve"),
        code=digest("scripts/builder/retrieve_frame.py"),
    message:
        "Download SDSS frame {wildcards.run}-{wildcards.camcol}-{wildcards.field}"
    script:
        "../../../scripts/builder/retrieve_frame.py"
