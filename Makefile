# `make run`: the demo. `make test`: checks and tests. `make bench`: speed against peers.
# `make profile`: `--profile slurm`.
# Needs python3 (3.11 or newer) with venv, and nothing else; see README.md.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
READY := .venv/.ready
PROFILES := $(if $(XDG_CONFIG_HOME),$(XDG_CONFIG_HOME),$(HOME)/.config)/snakemake
SMK := Snakefile $(shell find workflow/rules -name '*.smk')

.PHONY: run test bench lint profile clean

run: $(READY)
	$(BIN)/snakemake --cores $(CORES)

test: lint
	$(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/python -m pytest -m benchmark

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check $(SMK)
	$(BIN)/snakemake --lint

# The stamp stands for a whole environment: an interrupted install leaves none.
$(READY): envs/lock.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "skyloom needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r envs/lock.txt
	touch $@

# Snakemake looks for profiles by name in the user's own folder only.
profile:
	mkdir -p "$(PROFILES)"
	ln -sfn "$(CURDIR)/profiles/slurm" "$(PROFILES)/slurm"
	@echo "snakemake --profile slurm now uses $(CURDIR)/profiles/slurm"

# Everything that can be made again, except the results.
clean:
	rm -rf .venv .snakemake .skyloom .pytest_cache .ruff_cache .hypothesis
	find workflow scripts tests -name __pycache__ -prune -exec rm -rf {} +
