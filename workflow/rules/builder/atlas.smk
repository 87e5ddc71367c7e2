"""What a person looks at: the galaxies on one page."""

from skyloom.atlas.page import sums
from skyloom.builder.tasks.files import SHOWN

PAGE = {
    "cutouts": "<results>/fitting_metadata/{id}.npz",
    "volunteers": "<results>/volunteers/{id}.json",
    "aggregates": "<results>/aggregates/{id}.json",
    "models": "<results>/models/{id}.json",
    "residuals": "<results>/residuals/{id}.fits",
}


# Image, model, residual, drawings and catalogue of each galaxy.
rule atlas:
    input:
        **{kind: INPUTS.every(path, SHOWN) for kind, path in PAGE.items()},
        catalogue="<results>/catalogue.fits",
    output:
        report(
            "<atlas>/builder.html",
            category="Builder",
            subcategory="Atlas",
            caption="../../report/atlas.rst",
            labels={"shown": "Page to look through"},
        ),
    log:
        "<logs>/atlas.log",
    conda:
        "../../../envs/builder.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        settings={"assets": sums("builder"), "kinds": sorted(PAGE)},
        code=digest("scripts/builder/atlas.py"),
    message:
        "Page of the galaxies"
    script:
        "../../../scripts/builder/atlas.py"
