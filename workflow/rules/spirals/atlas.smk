"""What a person looks at: galaxies with maps, votes and measures on one page."""

from skyloom.atlas.page import sums
from skyloom.spirals.atlas_page import some

LOOKED_AT = some(list(INPUTS.galaxies))
PAGE = {}
if CHUNKS:
    PAGE = {
        "catalogue": "<results>/catalogue.fits",
        "images": expand("<results>/images/{name}.png", name=LOOKED_AT),
        "maps": expand("<results>/maps/{name}.fits", name=LOOKED_AT),
        "marks": expand(
            "<results>/segmaps/marks/{name}.json", name=INPUTS.drawn(LOOKED_AT)
        ),
        "votes": [GALAXIES] if JUDGED else [],
        "truth": TRUTH,
    }
PAGE = {kind: paths for kind, paths in PAGE.items() if paths}


# Pictures with maps of arms and bar, drawings, votes and the catalogue of galaxies.
rule atlas:
    input:
        unpack(lambda wildcards: PAGE),
    output:
        report(
            "<atlas>/spirals.html",
            category="Spirals",
            subcategory="Atlas",
            caption="../../report/atlas.rst",
            labels={"shown": "Page to look through"},
        ),
    log:
        "<logs>/atlas.log",
    conda:
        "../../../envs/spirals.yaml"
    resources:
        mem_mb=memory(2500, per_input_mb=3),
        runtime=minutes(60),
    params:
        settings=pick(
            TABLES
            | {"assets": sums("spirals"), "kinds": sorted(PAGE), "names": LOOKED_AT},
            "assets",
            "kinds",
            "names",
            "tables.questions",
        ),
        code=digest("scripts/spirals/atlas.py"),
    message:
        "Page of the galaxies"
    script:
        "../../../scripts/spirals/atlas.py"
