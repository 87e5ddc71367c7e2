"""What a person looks at: clusters and tiles on one page."""

from skyloom.atlas.page import sums

SHOWN = survey_tiles.sample(TILES, survey_tiles.SHOWN)
OF_TILES = {
    "predictions": ("<results>/predictions/{tile}.npz", SHOWN),
    "encoder": ("<results>/detections/{tile}.fits", SHOWN),
    "matched_filter": ("<results>/matched_filter/{tile}.fits", SHOWN),
    "density": ("<results>/density/{tile}.fits", SHOWN if SIMULATED else []),
    "truth": ("<results>/survey/truth/{tile}.fits", SHOWN if SIMULATED else []),
}
PAGE = {kind: expand(path, tile=some) for kind, (path, some) in OF_TILES.items()}
PAGE["images"] = [path for name in SHOWN for path in TILES[name]]
if SHOWN:
    PAGE["catalogue"] = "<results>/catalogue/clusters.fits"
    PAGE["members"] = "<results>/catalogue/members.fits"
    PAGE["calibration"] = ENCODER["calibration"]
    PAGE["truth"] = PAGE["truth"] or TRUTH
    PAGE["evaluation"] = "<results>/evaluation.json" if TRUTH else ""
if SUMMARY["real_field"]:
    PAGE["real_field"] = "<results>/real_field/clusters.fits"
    PAGE["real_members"] = "<results>/real_field/members.fits"
    PAGE["real_report"] = "<results>/real_field/report.json"
if SUMMARY["matches"]:
    PAGE["pairs"] = "<results>/matches/pairs.csv"
    PAGE["rates"] = "<results>/matches/rates.json"
PAGE = {kind: paths for kind, paths in PAGE.items() if paths}


# Tiles in colour with the clusters in them, the catalogue, and who found what.
rule atlas:
    input:
        unpack(lambda wildcards: PAGE),
    output:
        report(
            "<atlas>/clusters.html",
            category="Clusters",
            subcategory="Atlas",
            caption="../../report/atlas.rst",
            labels={"shown": "Page to look through"},
        ),
    log:
        "<logs>/atlas.log",
    conda:
        "../../../envs/clusters.yaml"
    resources:
        # A tile's band in memory, and what the whole survey's members take.
        mem_mb=memory(1500 + 25 * TILE_MPX, per_input_mb=6, held="members"),
        runtime=minutes(120),
    params:
        settings=pick(
            config
            | {
                "assets": sums("clusters"),
                "kinds": sorted(PAGE),
                "n_tiles": len(TILES),
                "tiles": SHOWN,
            },
            "assets",
            "evaluate.dz",
            "evaluate.radius",
            "kinds",
            "n_tiles",
            "tiles",
        ),
        code=digest("scripts/clusters/atlas.py"),
    message:
        "Page of the clusters"
    script:
        "../../../scripts/clusters/atlas.py"
