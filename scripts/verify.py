"""Compare all files of a run with its manifest."""

from skyloom.run import log, manifest

path = snakemake.params.settings["manifest"]
logger = log.start(snakemake.log[0])
number = manifest.verify(path, snakemake.threads)
print(f"{path} holds: {number} files")
logger.info("%s holds: %d files", path, number)
