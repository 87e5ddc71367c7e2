"""From the inspectors' answers to the labels of the next round."""


# All labels so far, in one table that knows who said what.
rule merge_labels:
    input:
        before=lambda wildcards: f"<results>/labels/round{int(wildcards.round) - 1}.csv",
        answers=lambda wildcards: inputs.answers(config, int(wildcards.round) - 1),
        decisions=lambda wildcards: inputs.decisions(config, int(wildcards.round) - 1),
    output:
        labels="<results>/labels/round{round}.csv",
        agreement="<results>/labels/round{round}_agreement.csv",
        conflicts="<results>/labels/round{round}_conflicts.csv",
    log:
        "<logs>/merge_labels/round{round}.log",
    wildcard_constraints:
        round=r"([2-9]|[1-9]\d+)",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings={},
        code=digest("scripts/quasars/merge_labels.py"),
    message:
        "Labels of round {wildcards.round}"
    script:
        "../../../scripts/quasars/merge_labels.py"


# The survey's spectra of all targets labelled since the first round.
rule gather_labelled:
    input:
        stores=STORES,
        labels="<results>/labels/round{round}.csv",
        before="<results>/labels/round1.csv",
    output:
        "<results>/spectra/labelled{round}.h5",
    log:
        "<logs>/gather_labelled/round{round}.log",
    wildcard_constraints:
        round=r"([2-9]|[1-9]\d+)",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(120),
    params:
        settings={},
        code=digest("scripts/quasars/gather_labelled.py"),
    message:
        "Spectra of the targets labelled before round {wildcards.round}"
    script:
        "../../../scripts/quasars/gather_labelled.py"
