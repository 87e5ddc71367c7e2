"""How good the maps are, what the run is asked for, and its headline numbers."""

TRUTH = [
    f"<results>/truth/{chunk}.parquet"
    for chunk, names in CHUNKS.items()
    if INPUTS.of("simulated", names=names)
]
FIGURES = {
    "gallery": ("Maps over pictures of galaxies", INPUTS.drawn()),
    "overlap": ("Overlap of maps with volunteers", INPUTS.drawn()),
    "votes": ("Votes", INPUTS.master() or INPUTS.given("answers")),
    "recovery": ("Measures against the truth", TRUTH),
}
JUDGED = bool(INPUTS.drawn() or INPUTS.given("answers"))


# Overlap with the volunteers, votes, and what was put into simulated galaxies.
rule evaluate:
    input:
        **PACKS,
        model=INPUTS.model,
        galaxies=GALAXIES,
        marks=expand("<results>/segmaps/marks/{name}.json", name=INPUTS.drawn()),
        measures=expand("<results>/measures/{chunk}.parquet", chunk=CHUNKS),
        baselines=["<results>/baselines.parquet"] if INPUTS.trains else [],
        truth=TRUTH,
        bars=INPUTS.given("bars"),
    output:
        **{
            name: report(
                f"<results>/evaluation/{name}.pdf",
                category="Spirals",
                subcategory="Evaluation",
                caption=f"../../report/spirals/{name}.rst",
                labels={"shown": words},
            )
            for name, (words, known) in FIGURES.items()
            if known
        },
        report="<results>/evaluation.json",
    log:
        "<logs>/evaluate.log",
    benchmark:
        "<benchmarks>/evaluate.tsv"
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(2500, per_input_mb=2),
        runtime=minutes(120),
    params:
        settings=pick(
            TABLES | {"figures": FIGURES},
            "evaluate",
            "figures",
            "seed",
            "tables.questions",
        ),
        code=digest("scripts/spirals/evaluate.py"),
    message:
        "How good maps, votes and measures are"
    script:
        "../../../scripts/spirals/evaluate.py"


SUMMARY = {
    "evaluation": ["<results>/evaluation.json"] if JUDGED else [],
    "joint": ["<results>/joint.json"] if INPUTS.trains else [],
    "crossmatch": ["<results>/crossmatch.json"] if INPUTS.master() else [],
    "cuts": ["<results>/cuts.json"] if JUDGED else [],
}
SHOWN = [*INPUTS.drawn(), *INPUTS.galaxies][:1]
WANTED = [path for paths in SUMMARY.values() for path in paths]
WANTED += ["<results>/catalogue.fits"]
WANTED += expand("<results>/pictures/{name}.png", name=INPUTS.of("pictures"))
WANTED += expand("<results>/notebooks/{name}/interrogate.ipynb", name=SHOWN)
WANTED += ["<results>/metrics.json"] if JUDGED else []


rule metrics:
    input:
        **SUMMARY,
    output:
        tree="<results>/metrics.json",
        table=report(
            "<results>/metrics.html",
            category="Spirals",
            subcategory="Headline numbers",
            caption="../../report/spirals/metrics.rst",
            labels={"shown": "Headline numbers"},
        ),
    log:
        "<logs>/metrics.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        settings={},
        code=digest("scripts/spirals/metrics.py"),
    message:
        "Headline numbers"
    script:
        "../../../scripts/spirals/metrics.py"
