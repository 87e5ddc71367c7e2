"""Public archives: cubes of listed galaxies that are not there yet."""

from skyloom.run.config import data_path

MANY = 40  # files of a job: 12 GB

for number, files in retrieved(INPUTS.fetched(), MANY).items():

    # LOGCUBEs and MAPS of the sheet, checked against their sums where it has them.
    rule:
        name:
            f"retrieve_manga_{number}"
        input:
            # Another galaxy in the list is no reason to fetch the others again.
            sheet=ancient(data_path(config["paths"]["plateifus"])),
        output:
            files,
        log:
            f"<logs>/retrieve_manga/{number}.log",
        localrule: True
        conda:
            "../../../envs/spectra.yaml"
        resources:
            downloads=1,
            mem_mb=memory(1000),
            runtime=minutes(60),
        params:
            settings={},
            code=digest("scripts/spectra/retrieve_manga.py"),
        message:
            f"Download {len(files)} cubes and maps of MaNGA, part {number}"
        script:
            "../../../scripts/spectra/retrieve_manga.py"
