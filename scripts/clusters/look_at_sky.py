"""Paint a real galaxy catalogue as images, and look at them."""

from pathlib import Path

from skyloom.clusters import settings
from skyloom.clusters.real_field.transform import read_transform
from skyloom.clusters.steps.looking import predictor_of
from skyloom.clusters.steps.painting import Camera
from skyloom.clusters.steps.skies import SkyLook, make_skies, read_faint, read_sky
from skyloom.run.job import Job

job = Job(snakemake)
section, images, seed = (job.settings[k] for k in ("real_field", "images", "seed"))
galaxies, footprint = read_sky(job.input.galaxies)
size = (section["side"], section["overlap"])
skies = make_skies(galaxies, footprint, section["shuffles"], size, seed)
windows = settings.windows(job.settings["survey"], job.settings["data"])
device, half = (job.settings["survey"][k] for k in ("device", "bfloat16"))
psf, noise = settings.psf(images["psf"]), settings.noise(images["noise"])
resources = job.checkout / "resources"
faint = read_faint(job.input.clusters, resources, section)
files = {
    item: {
        "maps": f"{job.output[0]}/{item}.npz",
        "candidates": f"{job.output[0]}/{item}.fits",
    }
    for item in skies.names()
}
with job.resuming() as folder:
    look = SkyLook(
        skies,
        faint,
        read_transform(resources / "clusters"),
        Camera(images["renderer"], psf, noise, seed),
        predictor_of(job.input.encoder[0], windows, device, bfloat16=half),
        windows,
        job.settings["survey"]["batch"],
        settings.peaks(job.settings["finder"]),
        Path(folder),
        job.provenance(),
    )
    job.each(files, look, files=files, workers=1)
