"""Paint the tiles of a sky of real galaxies as images, and look at them."""

from tempfile import TemporaryDirectory

from skyloom.clusters import settings
from skyloom.clusters.finder.merge import merge
from skyloom.clusters.real_field.transform import read_transform
from skyloom.clusters.tasks import real_field
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.infer import predictor_of
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
section, images, seed = (job.settings[k] for k in ("real_field", "images", "seed"))
number = int(job.wildcards.sky)
galaxies, footprint = real_field.read_field(job.input.galaxies)
tiles = real_field.sky_tiles(galaxies, number, section["side"], section["overlap"])
survey, record = job.settings["survey"], job.provenance()
windows = settings.windows(survey, job.settings["data"])
how = {"device": survey["device"], "bfloat16": survey["bfloat16"]}
psf, noise = settings.psf(images["psf"]), settings.noise(images["noise"])
tables = job.checkout / "resources" / "clusters"
painter = real_field.Painter(
    read_transform(tables),
    real_field.read_faint(tables, section["side"], section["limit"]),
    Camera(images["renderer"], psf, noise, seed),
)
with job.resuming() as folder, TemporaryDirectory() as place:
    look = real_field.SkyLook(
        real_field.sky(galaxies, footprint, number, seed),
        footprint,
        tiles,
        painter,
        predictor_of(job.input.encoder, windows.tile, windows.pool, **how),
        windows,
        survey["batch"],
        settings.peaks(job.settings["finder"]),
        folder,
        record,
    )
    files = {item: {"candidates": f"{place}/{item}.fits"} for item in tiles}
    job.each(files, look, files=files, workers=1)
    parts = [read_candidates(each["candidates"]) for each in files.values()]
found = merge(parts, settings.merging(job.settings["finder"]))
found.meta["provenance"] = record
write_catalogue(job.output[0], found)
