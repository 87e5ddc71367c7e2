"""What a person looks at: the query to answer, rates by threshold, the catalogue."""

from skyloom.atlas.page import sums

PAGE = {}
if ROUNDS:
    PAGE |= {
        "results": f"<results>/catalogue/round{ROUNDS[-1]}/ensemble_results.csv",
        "query": f"<results>/query/round{ROUNDS[-1]}/query.csv",
        "calibration": f"<results>/ensemble/round{ROUNDS[-1]}/calibration.json",
        "labels": f"<results>/labels/round{ROUNDS[-1]}.csv",
        "networks": lambda _: MADE(ROUNDS[-1], "keras")[:1],
        "stores": lambda _: STORES,
        "rejected": lambda _: expand(
            "<results>/spectra/rejected/{chunk}.csv",
            chunk=sorted(assign(EXPOSURES, config["chunks"])),
        ),
    }
if TRUTH:
    PAGE |= {
        "truth": TRUTH[0],
        "report": f"<results>/evaluation/round{ROUNDS[-1]}.json",
    }
if GIVEN["spectra"]:
    PAGE |= {
        "given": lambda _: SPECTRA,
        "catalogues": CLASSIFIED,
        "given_rejected": expand(f"{FILES}/rejected.csv", noise=NOISES),
        "given_networks": CLASSIFIES["networks"][:1],
        "given_calibration": CLASSIFIES["calibration"][0],
    }
if GIVEN["truth"]:
    PAGE |= {"given_truth": data_path(GIVEN["truth"]), "given_reports": EVALUATED}


# Spectra with votes, lines and redshifts; the inspectors' answers are made on it.
rule atlas:
    input:
        **PAGE,
    output:
        report(
            "<atlas>/quasars.html",
            category="Quasars",
            subcategory="Atlas",
            caption="../../report/atlas.rst",
            labels={"shown": "Page to look through"},
        ),
    log:
        "<logs>/atlas.log",
    conda:
        "../../../envs/quasars.yaml"
    resources:
        # Of the spectra, a thousand; the catalogue is read whole where it is judged.
        mem_mb=memory(1500, per_input_mb=4, held="results"),
        runtime=minutes(60),
    params:
        settings={"assets": sums("quasars")}
        | pick(
            config,
            "evaluate.noise",
            "query.reserve",
            "rounds",
            "seed",
            "source",
            "survey.n_detect",
            "thresholds",
        ),
        code=digest("scripts/quasars/atlas.py"),
    message:
        "Page of the query, the rates and the catalogue"
    script:
        "../../../scripts/quasars/atlas.py"
