"""The atlas: pages to look at a run with, one an area, and one that leads to them."""

from skyloom.atlas.page import sums
from skyloom.run.areas import PAGES

ATLAS = f"{config['folders']['results']}/{config['run']}/{PAGES}"


# Asking for it makes the pages of all areas of the run.
rule atlas:
    input:
        expand(f"{ATLAS}/{{area}}.html", area=config["areas"]),
    output:
        f"{ATLAS}/index.html",
    log:
        f"{config['folders']['logs']}/{config['run']}/atlas.log",
    localrule: True
    conda:
        "../../envs/head.yaml"
    resources:
        mem_mb=memory(500),
        runtime=minutes(10),
    params:
        settings={"assets": sums()},
        code=code_of("scripts/atlas.py", env="envs/head.yaml"),
    message:
        "Page that leads to those of the areas"
    script:
        "../../scripts/atlas.py"
