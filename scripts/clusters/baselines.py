"""Run the baselines on the simulated tiles."""

from skyloom.clusters.baselines.photometry import SurveyDepth
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.tasks.baselines import Baselines
from skyloom.clusters.tasks.products import by_tile
from skyloom.run.job import Job

job = Job(snakemake)
images = Images.stated(job.settings["images"])
find = Baselines(
    {name: path for name, (path,) in by_tile(job.input.catalogs).items()},
    {name: path for name, (path,) in by_tile(job.input.images).items()},
    read_red_sequence(job.checkout / "resources" / "clusters" / "red_sequence.csv"),
    SurveyDepth(depth=images.depth10, seeing=images.fwhm),
    job.settings["seed"],
    job.recipe,
)
found = {kind: by_tile(job.output.get(kind)) for kind in ("matched_filter", "density")}
names = found["density"]
files = {name: {kind: found[kind][name][0] for kind in found} for name in names}
job.each(files, find, files=files)
