"""Public archives. The demo needs none of these; nothing runs them unasked."""


# A file of GZ3D, checked against the list of sums where one is given.
rule retrieve_gz3d:
    input:
        sums=ancient(INPUTS.given("gz3d_sums")),
    output:
        "<downloads>/gz3d/{galaxy}.fits.gz",
    log:
        "<logs>/retrieve_gz3d/{galaxy}.log",
    wildcard_constraints:
        galaxy=r"(?:gz3d_)?[\d-]+_\d+_\d+",
    localrule: True
    conda:
        "../../../envs/spirals.yaml"
    resources:
        downloads=1,
        mem_mb=memory(500),
        runtime=minutes(60),
    params:
        settings=pick(config, "retrieve.gz3d"),
        code=digest("scripts/spirals/retrieve_gz3d.py"),
    message:
        "Download {wildcards.galaxy}"
    script:
        "../../../scripts/spirals/retrieve_gz3d.py"


# Its grz image, centred on MaNGA's position, with the pixel scale of its picture.
rule retrieve_cutouts:
    input:
        # Another galaxy in the catalogue is no reason to fetch the others again.
        master=ancient(INPUTS.master()),
    output:
        "<downloads>/cutouts/{galaxy}.fits",
    log:
        "<logs>/retrieve_cutouts/{galaxy}.log",
    localrule: True
    conda:
        "../../../envs/spirals.yaml"
    resources:
        downloads=1,
        mem_mb=memory(1500),
        runtime=minutes(60),
    params:
        settings=pick(config, "retrieve.cutouts", "retrieve.layer"),
        code=digest("scripts/spirals/retrieve_cutouts.py"),
    message:
        "Download the image of {wildcards.galaxy}"
    script:
        "../../../scripts/spirals/retrieve_cutouts.py"
