"""Public archives. The demo needs none of these; nothing runs them unasked."""

MANY = 1000  # files of a job: some 300 MB


for number, files in retrieved(INPUTS.fetched("drawing"), MANY).items():

    # Files of GZ3D, checked against the list of sums where one is given.
    rule:
        name:
            f"retrieve_gz3d_{number}"
        input:
            sums=ancient(INPUTS.given("gz3d_sums")),
        output:
            files,
        log:
            f"<logs>/retrieve_gz3d/{number}.log",
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
            f"Download {len(files)} files of GZ3D, part {number}"
        script:
            "../../../scripts/spirals/retrieve_gz3d.py"


for number, files in retrieved(INPUTS.fetched("picture"), MANY).items():

    # Their grz images, centred on MaNGA's position, with the scale of their pictures.
    rule:
        name:
            f"retrieve_cutouts_{number}"
        input:
            # Another galaxy in the catalogue is no reason to fetch the others again.
            master=ancient(INPUTS.master()),
        output:
            files,
        log:
            f"<logs>/retrieve_cutouts/{number}.log",
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
            f"Download {len(files)} images of galaxies, part {number}"
        script:
            "../../../scripts/spirals/retrieve_cutouts.py"
