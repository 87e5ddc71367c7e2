"""Running a rule: code digests, chunks, seeds, logs, provenance, configuration."""
