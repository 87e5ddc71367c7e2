"""Paint the tiles of a sky of real galaxies as images, and look at them."""

from skyloom.clusters.config import Config
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.tasks import real_field
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.infer import predictor_of, windows_of
from skyloom.io.tables import write_catalogue
from skyloom.run.job import Job

job = Job(snakemake)
config, seed = Config.stated(job.settings), job.settings["seed"]
number, record = int(job.wildcards.sky), job.provenance()
galaxies, footprint = read_field(job.input.galaxies)
tiles = real_field.sky_tiles(galaxies, number)
size = config.data.tile_size, config.data.pool
tables = job.checkout / "resources" / "clusters"
camera = Camera(config.images, seed)
painter = real_field.read_painter(tables, config.real_field.limit, camera)
with job.resuming() as folder:
    look = real_field.SkyLook(
        real_field.sky(galaxies, footprint, number, seed),
        footprint,
        tiles,
        painter,
        predictor_of(job.input.encoder, *size, config.survey.device),
        windows_of(config.survey, config.data),
        config.survey.batch,
        folder,
        record,
    )
    found = real_field.merged(look, job)
found.meta["provenance"] = record
write_catalogue(job.output[0], found)
