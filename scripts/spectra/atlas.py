"""Write the page of the atlas that shows the maps and what was placed on them."""

from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.run.job import Job
from skyloom.spectra.tasks.atlas import page

job = Job(snakemake)
data, pictures = page(dict(job.input.items()), own=job.settings["own"])
write_page(
    job.output[0],
    title="spectra: the map of spectra and the map of galaxies",
    opening="On the map of spectra, units that lie together have spectra that are "
    "alike. A galaxy's fingerprint says which share of its spectra lies at each unit; "
    "on the map of galaxies those of like fingerprints lie together.",
    data=data,
    sprite=sprite(pictures, most=64),
    program=program("spectra"),
    provenance=job.provenance(),
    warnings=data["notes"],
)
