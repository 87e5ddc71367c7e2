"""The query of a round: what people should look at next."""


# The targets most worth a label, why, and what they look like.
rule query:
    input:
        results="<results>/catalogue/round{round}/ensemble_results.csv",
        labels="<results>/labels/round{round}.csv",
        stores=STORES,
    output:
        selection="<results>/query/round{round}/targetid_selection.txt",
        table="<results>/query/round{round}/query.csv",
        steps="<results>/query/round{round}/steps.json",
        stamps=directory("<results>/query/round{round}/stamps"),
        sheet=report(
            "<results>/query/round{round}/contact_sheet.pdf",
            category="Quasars",
            subcategory="Round {round}",
            caption="../../report/quasars/query.rst",
            labels={"shown": "Spectra that inspectors are asked about"},
        ),
    log:
        "<logs>/query/round{round}.log",
    benchmark:
        "<benchmarks>/query/round{round}.tsv"
    conda:
        "../../../envs/quasars.yaml"
    resources:
        # The table is read whole; of the stores, a few spectra.
        mem_mb=memory(1500, per_input_mb=4, held="results"),
        runtime=minutes(120),
    params:
        settings=pick(config, "query", "seed"),
        code=digest("scripts/quasars/query.py"),
    message:
        "Query of round {wildcards.round}"
    script:
        "../../../scripts/quasars/query.py"


# The query step by step, with figures.
rule al_querier:
    input:
        results="<results>/catalogue/round{round}/ensemble_results.csv",
        query="<results>/query/round{round}/query.csv",
        steps="<results>/query/round{round}/steps.json",
        som="<results>/som/som.npz",
        sheet="<results>/query/round{round}/contact_sheet.pdf",
    output:
        notebook="<results>/notebooks/round{round}/al_querier.ipynb",
    log:
        "<logs>/al_querier/round{round}.log",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        mem_mb=memory(1500, per_input_mb=4),
        runtime=minutes(60),
    params:
        settings=pick(config, "query", "seed"),
        code=digest("scripts/run_notebook.py", "notebooks/quasars_al_querier.ipynb"),
    message:
        "Query of round {wildcards.round} (notebook)"
    script:
        "../../../scripts/run_notebook.py"
