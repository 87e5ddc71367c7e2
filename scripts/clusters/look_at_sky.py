"""Paint a real galaxy catalogue as images, and look at them."""

from skyloom.clusters import settings
from skyloom.clusters.real_field.transform import read_transform
from skyloom.clusters.steps import skies
from skyloom.clusters.steps.looking import predictor_of
from skyloom.clusters.steps.painting import Camera
from skyloom.run.job import Job

job = Job(snakemake)
section, images, seed = (job.settings[k] for k in ("real_field", "images", "seed"))
galaxies, footprint = skies.read_sky(job.input.galaxies)
size = (section["side"], section["overlap"])
sky = skies.make_skies(galaxies, footprint, section["shuffles"], size, seed)
survey = job.settings["survey"]
windows = settings.windows(survey, job.settings["data"])
device, half, batch = (survey[k] for k in ("device", "bfloat16", "batch"))
psf, noise = settings.psf(images["psf"]), settings.noise(images["noise"])
camera = Camera(images["renderer"], psf, noise, seed)
tables = job.checkout / "resources" / "clusters"
faint = skies.read_faint(tables, section)
painter = skies.Painter(read_transform(tables), faint, camera)
predictor = predictor_of(job.input.encoder[0], windows, device, bfloat16=half)
peaks = settings.peaks(job.settings["finder"])
finder = skies.Finder(predictor, windows, batch, peaks)
files = {
    item: {
        "maps": f"{job.output[0]}/{item}.npz",
        "candidates": f"{job.output[0]}/{item}.fits",
    }
    for item in sky.names()
}
with job.resuming() as folder:
    look = skies.SkyLook(sky, painter, finder, folder, job.provenance())
    job.each(files, look, files=files, workers=1)
