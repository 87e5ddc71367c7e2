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
size = windows.tile, windows.pool
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
        predictor_of(job.input.encoder, *size, survey["device"]),
        windows,
        survey["batch"],
        folder,
        record,
    )
    files = {item: {"candidates": f"{place}/{item}.fits"} for item in tiles}
    job.each(files, look, files=files, workers=1)
    parts = [read_candidates(each["candidates"]) for each in files.values()]
found = merge(parts)
found.meta["provenance"] = record
write_catalogue(job.output[0], found)
