# `make help` lists what there is. Needs python3 (3.11 or newer) with venv, and nothing
# else; see README.md.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
PIP = $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
READY := .venv/.ready
PROFILES := $(if $(XDG_CONFIG_HOME),$(XDG_CONFIG_HOME),$(HOME)/.config)/snakemake
SMK := Snakefile $(shell find workflow/rules -name '*.smk')

.PHONY: run report pictures test soak bench config encoder lint profile clean help

run: $(READY) ## set up .venv, then run the demo (the default)
	$(BIN)/snakemake --cores $(CORES)

# Of another run: the same command with its folder, and --configfile <its layer>.
report: $(READY) ## a report of the demo, one file: results/demo/report.html
	PYTHONWARNINGS=ignore $(BIN)/snakemake --report results/demo/report.html \
	    --report-stylesheet workflow/report/report.css

pictures: $(READY) ## README's pictures, of the demo's products
	PYTHONPATH=workflow/lib $(BIN)/python workflow/report/front.py results/demo

# A process a core, and one more, as one waits for Slurm most of its time; the tests of a
# file stay together, as they share what they make; tests/conftest.py says which files begin.
test: lint ## lint, and the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $$(($$(env -u OMP_NUM_THREADS nproc) + 1)) --maxprocesses 8 \
	    --dist loadfile --no-loadscope-reorder

# The long forms of tests that `make test` runs in short.
soak: $(READY) ## the long forms of tests
	$(BIN)/python -m pytest -m soak

bench: $(READY) ## speed against named peers; on a quiet machine
	$(BIN)/python -m pytest -m benchmark

# The encoder of clusters that ships, in its two stages: half a day on two cores, with
# DES Y1's list under $SKYLOOM_DATA. See resources/models/clusters/README.md.
STAGE1 = results/stage1/clusters/encoder/best_encoder.ckpt
STAGE2 = results/long/clusters/encoder/calibration.json
encoder: $(READY) ## train the encoder of clusters that ships again: half a day
	$(BIN)/snakemake --cores $(CORES) $(STAGE1) --configfile config/long.yaml \
	    --config run=stage1 seed=2 'areas=[clusters]' \
	    'clusters={simulate: {fields: {halos: {even: 0}}}, train: {epochs: 26}}'
	$(BIN)/snakemake --cores $(CORES) $(STAGE2) --configfile config/long.yaml \
	    --config 'areas=[clusters]' 'clusters={train: {start: $(STAGE1), epochs: 5, rate: 0.001}}'

lint: $(READY) ## ruff, snakefmt and Snakemake's own linter
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check $(SMK)
	$(BIN)/snakemake --lint

# The stamp stands for a whole environment: an interrupted install leaves none. The lock
# names every package, so nothing is resolved; uv installs it in a third of pip's time.
# torch comes by pip, whose own settings may offer a machine a smaller build of it, and
# with what it needs: PyPI's build for Linux is the one for GPUs, and without CUDA's
# libraries it is not even imported.
$(READY): envs/lock.txt
	@case "$(CURDIR)" in *[[:space:]]*) echo "the path of this checkout, $(CURDIR), has a \
blank, and Snakemake cannot start jobs there; move it to a path without one" >&2; exit 1;; esac
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "skyloom needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	$(PIP) $$(grep '^uv==' envs/lock.txt)
	$(BIN)/pip install --quiet --disable-pip-version-check -c envs/lock.txt \
	    $$(grep '^torch==' envs/lock.txt)
	grep -v '^torch==' envs/lock.txt | \
	    $(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python -r -
	touch $@

# The configuration's page and the schema for editors, from its classes.
config: $(READY) ## write the page and the schema of the configuration
	PYTHONPATH=workflow/lib $(BIN)/python -m skyloom.run.config_docs

# Snakemake looks for profiles by name in the user's own folder only.
profile: ## let `snakemake --profile slurm` find profiles/slurm
	mkdir -p "$(PROFILES)"
	ln -sfn "$(CURDIR)/profiles/slurm" "$(PROFILES)/slurm"
	@echo "snakemake --profile slurm now uses $(CURDIR)/profiles/slurm"

# Everything that can be made again, except the results.
clean: ## remove all that can be made again, except the results
	rm -rf .venv .snakemake .pytest_cache .ruff_cache .hypothesis
	find workflow scripts tests -name __pycache__ -prune -exec rm -rf {} +

# The targets are those whose line has ##.
help: ## this list
	@grep -E '^[a-z]+:.* ## ' $(firstword $(MAKEFILE_LIST)) | \
	    sed -E 's/^([a-z]+):.* ## (.*)/make \1\t\2/' | expand -t 14
