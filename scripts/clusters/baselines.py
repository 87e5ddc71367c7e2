"""Run the baselines on the simulated tiles."""

from skyloom.clusters import settings
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.tasks.baselines import Baselines
from skyloom.clusters.tasks.products import by_tile
from skyloom.run.job import Job

job = Job(snakemake)
section, images = job.settings["baselines"], job.settings["images"]
find = Baselines(
    {name: path for name, (path,) in by_tile(job.input.catalogs).items()},
    {name: path for name, (path,) in by_tile(job.input.images).items()},
    read_red_sequence(job.checkout / "resources" / "clusters" / "red_sequence.csv"),
    settings.matched_filter(section["matched_filter"]),
    settings.density(section["density"]),
    settings.depth(images["noise"], images["psf"]),
    job.settings["seed"],
    job.recipe,
)
found = {kind: by_tile(job.output.get(kind)) for kind in ("matched_filter", "density")}
names = found["density"]
files = {name: {kind: found[kind][name][0] for kind in found} for name in names}
job.each(files, find, files=files)
