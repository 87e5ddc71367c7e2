"""DESOM-1: the map of spectra, and its repetitions with other seeds."""

DESOM1 = {0: "desom1"}
DESOM1 |= {k: f"desom1/repeat{k}" for k in range(1, config["desom"]["repeats"] + 1)}

for repeat, FOLDER in DESOM1.items():

    rule:
        name:
            f"desom1_repeat{repeat}" if repeat else "desom1"
        input:
            x_train="<results>/X_train.npy",
            ivar_train="<results>/X_train_ivar.npy",
            y_train="<results>/Y_train.fits",
            x_test="<results>/X_test.npy",
            ivar_test="<results>/X_test_ivar.npy",
            y_test="<results>/Y_test.fits",
        output:
            model=f"<results>/{FOLDER}/DESOM_model_final.keras",
            history=f"<results>/{FOLDER}/desom_log.csv",
            loss=report(
                f"<results>/{FOLDER}/loss.png",
                category="spectra",
                caption="../../report/spectra/desom1.rst",
                labels={"product": "training", "repeat": f"{repeat}"},
            ),
            prototypes=report(
                f"<results>/{FOLDER}/prototypes.png",
                category="spectra",
                caption="../../report/spectra/desom1.rst",
                labels={"product": "prototypes", "repeat": f"{repeat}"},
            ),
            hits=f"<results>/{FOLDER}/hits.png",
            reconstructions=f"<results>/{FOLDER}/reconstructions.png",
        log:
            f"<logs>/{FOLDER}.log",
        benchmark:
            f"<benchmarks>/{FOLDER}.tsv"
        conda:
            "../../../envs/spectra.yaml"
        threads: config["desom"]["threads"]
        resources:
            mem_mb=memory(4000),
            runtime=by_attempt(1440),
            gpu=int(config["desom"]["gpu"]),
        params:
            settings=pick(
                config | {"repeat": repeat},
                "desom.latent",
                "desom.network",
                "desom.training",
                "desom.units",
                "desom.weighted",
                "repeat",
                "seed",
            ),
            code=digest("scripts/spectra/desom1.py"),
        message:
            f"Train the map of spectra, repeat {repeat}"
        script:
            "../../../scripts/spectra/desom1.py"
