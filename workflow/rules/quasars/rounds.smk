"""From the inspectors' answers to the labels of the next round."""


def before(wildcards):
    """Return what the labels of a round are made of: the last one's, and answers."""
    last = int(wildcards.round) - 1
    return {
        "before": f"<results>/labels/round{last}.csv",
        "answers": sources.answers(config, last),
        "decisions": sources.decisions(config, last),
    }


# All labels so far, in one table that knows who said what.
rule merge_labels:
    input:
        unpack(before),
    output:
        labels="<results>/labels/round{round}.csv",
        agreement="<results>/labels/agreement{round}.csv",
        conflicts="<results>/labels/conflicts{round}.csv",
    log:
        "<logs>/merge_labels/round{round}.log",
    wildcard_constraints:
        round=r"([2-9]|[1-9]\d+)",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        settings={},
        code=digest("scripts/quasars/merge_labels.py"),
    message:
        "Labels of round {wildcards.round}"
    script:
        "../../../scripts/quasars/merge_labels.py"
