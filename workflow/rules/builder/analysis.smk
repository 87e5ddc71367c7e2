"""The analysis: what the crowd, the fits and the arms say."""

ANALYSES = {
    "frequencies": "<results>/analysis/component_frequencies.json",
    "agreement": "<results>/analysis/volunteer_agreement.json",
    "residuals": "<results>/analysis/residual_statistics.json",
    "repeatability": "<results>/analysis/repeatability.json",
    "pitch": "<results>/pitch/posterior.json",
    "morphology": "<results>/pitch/morphology.json",
    "winding": "<results>/pitch/winding.json",
}
PUBLISHED = INPUTS.optional("catalogue")
# Whether the published fits are at hand too, whose files are those of the drawings.
DECODED = config["source"] == "upstream"


# How often each component is drawn, agreed on and kept by the fit.
rule component_frequencies:
    input:
        volunteers=INPUTS.every("<results>/volunteers/{id}.json"),
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
        models=INPUTS.every("<results>/models/{id}.json"),
    output:
        "<results>/analysis/component_frequencies.json",
    log:
        "<logs>/component_frequencies.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=5),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/builder/component_frequencies.py"),
    message:
        "Frequencies of the components"
    script:
        "../../../scripts/builder/component_frequencies.py"


# How far volunteers agree, component by component.
rule volunteer_agreement:
    input:
        volunteers=INPUTS.every("<results>/volunteers/{id}.json"),
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
    output:
        "<results>/analysis/volunteer_agreement.json",
    log:
        "<logs>/volunteer_agreement.log",
    benchmark:
        "<benchmarks>/volunteer_agreement.tsv"
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=5),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/builder/volunteer_agreement.py"),
    message:
        "Agreement of the volunteers"
    script:
        "../../../scripts/builder/volunteer_agreement.py"


# How good the fits are and what they leave in the images.
rule residual_statistics:
    input:
        agg=INPUTS.every("<results>/tuned/agg/{id}.json"),
        bi=INPUTS.every("<results>/tuned/bi/{id}.json"),
        models=INPUTS.every("<results>/models/{id}.json"),
        residuals=INPUTS.every("<results>/residuals/{id}.fits"),
    output:
        "<results>/analysis/residual_statistics.json",
    log:
        "<logs>/residual_statistics.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=1),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/builder/residual_statistics.py"),
    message:
        "Statistics of the fits"
    script:
        "../../../scripts/builder/residual_statistics.py"


# The same galaxy drawn twice, by different volunteers.
rule repeatability:
    input:
        catalogue="<results>/catalogue.fits",
    output:
        "<results>/analysis/repeatability.json",
    log:
        "<logs>/repeatability.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=5),
        runtime=minutes(30),
    params:
        settings={"repeats": INPUTS.repeats},
        code=digest("scripts/builder/repeatability.py"),
    message:
        "Repeatability over galaxies shown twice"
    script:
        "../../../scripts/builder/repeatability.py"


# Hierarchical model of pitch angles: arms in galaxies.
rule pitch_posterior:
    input:
        models=INPUTS.every("<results>/models/{id}.json"),
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
    output:
        posterior="<results>/pitch/posterior.json",
        draws="<results>/pitch/draws.npz",
    log:
        "<logs>/pitch_posterior.log",
    benchmark:
        "<benchmarks>/pitch_posterior.tsv"
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(4000, per_input_mb=10),
        runtime=minutes(240),
    params:
        settings=pick(config | {"repeats": INPUTS.repeats}, "pitch", "repeats", "seed"),
        code=digest("scripts/builder/pitch_posterior.py"),
    message:
        "Hierarchical model of the pitch angles"
    script:
        "../../../scripts/builder/pitch_posterior.py"


# Pitch angles against bulge and bar strength.
rule morphology:
    input:
        draws="<results>/pitch/draws.npz",
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
        models=INPUTS.every("<results>/models/{id}.json"),
        votes=INPUTS.optional("votes"),
    output:
        "<results>/pitch/morphology.json",
    log:
        "<logs>/morphology.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=5),
        runtime=minutes(30),
    params:
        settings=pick(config, "seed", "morphology"),
        code=digest("scripts/builder/morphology.py"),
    message:
        "Pitch angle against bulge and bar"
    script:
        "../../../scripts/builder/morphology.py"


# Do arms wind up: is the cotangent of the pitch angle uniform?
rule winding:
    input:
        draws="<results>/pitch/draws.npz",
    output:
        "<results>/pitch/winding.json",
    log:
        "<logs>/winding.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=5),
        runtime=minutes(30),
    params:
        settings=pick(config, "seed", "winding"),
        code=digest("scripts/builder/winding.py"),
    message:
        "Winding test"
    script:
        "../../../scripts/builder/winding.py"


if PUBLISHED:
    ANALYSES["published"] = "<results>/analysis/published.json"

    # The catalogue against the published one, and our fits on the same pixels.
    rule published:
        input:
            published=PUBLISHED[0],
            catalogue="<results>/catalogue.fits",
            models=INPUTS.every("<results>/models/{id}.json") if DECODED else [],
            cutouts=(
                INPUTS.every("<results>/fitting_metadata/{id}.npz") if DECODED else []
            ),
            decoded=INPUTS.exports("classifications") if DECODED else [],
        output:
            "<results>/analysis/published.json",
        log:
            "<logs>/published.log",
        conda:
            "../../../envs/builder.yaml"
        resources:
            mem_mb=memory(1000, per_input_mb=5),
            runtime=minutes(30),
        params:
            settings=pick(config, "paths.models"),
            code=digest("scripts/builder/published.py"),
        message:
            "Comparison with the published catalogue"
        script:
            "../../../scripts/builder/published.py"


if config["source"] == "simulated":
    ANALYSES["recovery"] = "<results>/analysis/recovery.json"

    # The fits against the truth, which no other rule may read.
    rule recovery:
        input:
            truth=expand("<results>/truth/{chunk}.json", chunk=INPUTS.chunks),
            models=INPUTS.every("<results>/models/{id}.json"),
        output:
            "<results>/analysis/recovery.json",
        log:
            "<logs>/recovery.log",
        conda:
            "../../../envs/builder.yaml"
        resources:
            mem_mb=memory(1000, per_input_mb=5),
            runtime=minutes(30),
        params:
            settings=pick(config, "seed"),
            code=digest("scripts/builder/recovery.py"),
        message:
            "Fits against the truth"
        script:
            "../../../scripts/builder/recovery.py"


# The headline numbers in one file.
rule metrics:
    input:
        **ANALYSES,
    output:
        tree="<results>/metrics.json",
        table=report(
            "<results>/metrics.html",
            category="Builder",
            subcategory="Headline numbers",
            caption="../../report/builder/metrics.rst",
            labels={"shown": "Headline numbers"},
        ),
    log:
        "<logs>/metrics.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(1000, per_input_mb=5),
        runtime=minutes(30),
    params:
        settings={},
        code=digest("scripts/builder/metrics.py"),
    message:
        "Headline numbers"
    script:
        "../../../scripts/builder/metrics.py"


# Everything on one page, with figures.
rule analysis:
    input:
        **ANALYSES,
        **({"published_catalogue": PUBLISHED[0]} if PUBLISHED else {}),
        draws="<results>/pitch/draws.npz",
        catalogue="<results>/catalogue.fits",
        aggregates=INPUTS.every("<results>/aggregates/{id}.json"),
    output:
        notebook="<results>/notebooks/analysis.ipynb",
    log:
        "<logs>/analysis.log",
    benchmark:
        "<benchmarks>/analysis.tsv"
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(4000, per_input_mb=10),
        runtime=minutes(60),
    params:
        settings={"repeats": INPUTS.repeats},
        code=notebook("notebooks/builder_analysis.ipynb"),
    message:
        "Analysis (notebook)"
    script:
        "../../../scripts/run_notebook.py"
