"""What a person looks at: both maps and what was placed, on one page."""

from skyloom.atlas.page import sums

ON_PAGE = list(FILES)[: sources.SHOWN]
PAGE = {
    f"placed_{kind}": expand(f"<results>/placed/{{name}}.{ext}", name=ON_PAGE)
    for kind, ext in zip(sources.PARTS, ("fits", "json", "png"))
}
if CHUNKS:
    PAGE |= {
        "map": sources.OWN["map"],
        "nodes": "<results>/labels/nodes.fits",
        "found": "<results>/labels/test.fits",
        "flux": "<results>/X_test.npy",
        "ivar": "<results>/X_test_ivar.npy",
        "info": "<results>/Y_test.fits",
        "shares": "<results>/fingerprints.npy",
        "shares_info": "<results>/fingerprints_info.fits",
        "galaxies": "<results>/desom2/placed.npz",
        "catalogue": "<results>/catalogue.fits",
        "truth": INPUTS.truth(),
    }
elif FILES:
    PAGE |= {"map": sources.model(config)["map"]}


# The maps unit by unit, galaxies with their fingerprints, and placed spectra.
rule atlas:
    input:
        **PAGE,
    output:
        report(
            "<atlas>/spectra.html",
            category="Spectra",
            subcategory="Atlas",
            caption="../../report/atlas.rst",
            labels={"shown": "Page to look through"},
        ),
    log:
        "<logs>/atlas.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        settings={"assets": sums("spectra"), "own": config["place"]["model"] is None},
        code=digest("scripts/spectra/atlas.py"),
    message:
        "Page of the maps"
    script:
        "../../../scripts/spectra/atlas.py"
