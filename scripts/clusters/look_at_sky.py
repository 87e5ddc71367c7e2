"""Paint a part of the tiles of a sky of real galaxies as images, and look at them."""

from functools import partial

from skyloom.clusters.config import Config
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.real_field.skies import sky
from skyloom.clusters.tasks import real_field
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.infer import read_look
from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job

job, asked = Job(snakemake), snakemake.resources
settings = job.settings_by("survey", batch=asked.batch, device=asked.device)
config, seed = Config.stated(settings), settings["seed"]
name, record = job.wildcards.sky, job.provenance()
galaxies, footprint = read_field(job.input.galaxies)
tiles = real_field.sky_tiles(galaxies, name)
tiles = real_field.part_of(tiles, int(job.wildcards.part), config.chunks)
tables = job.checkout / "resources" / "clusters"
camera = Camera(config.images, seed)
painter = real_field.read_painter(tables, config.real_field.limit, camera)
with job.resuming() as folder:
    look = partial(
        real_field.look_at_tile,
        galaxies=sky(galaxies, footprint, name, seed),
        footprint=footprint,
        tiles=tiles,
        painter=painter,
        look=read_look(job.input.encoder, config),
        folder=folder,
        record=record,
    )
    found = real_field.looked(look, tiles, job)
found.meta["provenance"] = record
write_catalogue(job.output[0], found)
