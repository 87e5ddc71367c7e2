"""Public archives. The demo needs none of these; nothing runs them unasked."""

MANY = 500  # subjects of a job: some 500 MB


# All subject files of the run: `snakemake builder_retrieve_subjects`, then run it.
rule retrieve_subjects:
    input:
        lambda wildcards: [files[-1] for files in INPUTS.fetched()],


for number, files in retrieved(INPUTS.fetched(), MANY).items():

    # Subjects' images, masks and PSFs as the volunteers saw them.
    rule:
        name:
            f"retrieve_subject_{number}"
        input:
            subjects=INPUTS.exports("subjects"),
        output:
            files,
        log:
            f"<logs>/retrieve_subject/{number}.log",
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
            f"Download {len(files)} files of subjects, part {number}"
        script:
            "../../../scripts/builder/retrieve_subject.py"
