"""Judgement of the catalogue of a survey, beside each finder's own if simulated."""

JUDGED = {
    "completeness": "Completeness by richness and redshift",
    "estimates": "Redshift and richness against the truth",
    "precision_recall": "Purity against completeness, by finder",
    "reliability": "Reliability of the catalogue's probabilities",
}


# Completeness, purity and calibration, and who finds more at equal purity.
rule evaluate:
    input:
        catalogue="<results>/catalogue/clusters.fits",
        calibration=ENCODER["calibration"],
        truth=TRUTH,
        predictions=expand("<results>/predictions/{tile}.npz", tile=sorted(TILES)),
        encoder=expand("<results>/detections/{tile}.fits", tile=SIMULATED),
        matched_filter=expand("<results>/matched_filter/{tile}.fits", tile=SIMULATED),
        density=expand("<results>/density/{tile}.fits", tile=SIMULATED),
    output:
        **{
            name: report(
                f"<results>/evaluation/{name}.pdf",
                category="Clusters",
                subcategory="Evaluation",
                caption=f"../../report/clusters/{name}.rst",
                labels={"shown": words},
            )
            for name, words in JUDGED.items()
        },
        report="<results>/evaluation.json",
    log:
        "<logs>/evaluate.log",
    benchmark:
        "<benchmarks>/evaluate.tsv"
    conda:
        "../../../envs/clusters.yaml"
    resources:
        mem_mb=memory(2000, per_input_mb=6),
        runtime=minutes(60),
    params:
        settings=pick(config, "evaluate", "seed"),
        code=digest("scripts/clusters/evaluate.py"),
    message:
        "How good the catalogue of clusters is"
    script:
        "../../../scripts/clusters/evaluate.py"
