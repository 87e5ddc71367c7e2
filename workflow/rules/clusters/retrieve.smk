"""Public archives. The demo needs none of these; nothing runs them unasked."""

# Images of DES tiles: those of the sheet, and those that the command line names.
ARCHIVED = survey_tiles.archived(config, sys.argv[1:])

for number, files in retrieved(ARCHIVED, 40).items():

    # Checked against the list of sums where one is given.
    rule:
        name:
            f"retrieve_des_tile_{number}"
        input:
            sums=ancient(inputs.optional(config["retrieve"], "sha256")),
        output:
            files,
        log:
            f"<logs>/retrieve_des_tile/{number}.log",
        localrule: True
        conda:
            "../../../envs/clusters.yaml"
        resources:
            downloads=1,
            mem_mb=memory(500),
            runtime=minutes(60),
        params:
            settings=pick(config, "retrieve.tiles"),
            code=digest("scripts/clusters/retrieve_des_tile.py"),
        message:
            f"Download {len(files)} images of tiles, part {number}"
        script:
            "../../../scripts/clusters/retrieve_des_tile.py"
