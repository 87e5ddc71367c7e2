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
        log:
            f"<logs>/{FOLDER}.log",
        benchmark:
            f"<benchmarks>/{FOLDER}.tsv"
        conda:
            "../../../envs/spectra.yaml"
        threads: config["desom"]["threads"]
        resources:
            # Rows are read from the disk as they come: their files stay in its cache.
            mem_mb=memory(4000, per_input_mb=1.1),
            runtime=minutes(1440),
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


# Its training, and what it has learned, on unseen spectra.
rule draw_desom1:
    input:
        model="<results>/desom1/DESOM_model_final.keras",
        log="<results>/desom1/desom_log.csv",
        flux="<results>/X_test.npy",
        ivar="<results>/X_test_ivar.npy",
        info="<results>/Y_test.fits",
    output:
        loss="<results>/desom1/loss.png",
        hits="<results>/desom1/hits.png",
        reconstructions=report(
            "<results>/desom1/reconstructions.png",
            category="Spectra",
            subcategory="Map of spectra",
            caption="../../report/spectra/desom1_reconstructions.rst",
            labels={"shown": "Spectra, their prototypes and reconstructions"},
        ),
        prototypes=report(
            "<results>/desom1/prototypes.png",
            category="Spectra",
            subcategory="Map of spectra",
            caption="../../report/spectra/desom1_prototypes.rst",
            labels={"shown": "Prototypes"},
        ),
    log:
        "<logs>/draw_desom1.log",
    conda:
        "../../../envs/spectra.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        settings=pick(config, "desom.training.gamma", "seed"),
        code=digest("scripts/spectra/draw_desom1.py"),
    message:
        "Draw the map of spectra"
    script:
        "../../../scripts/spectra/draw_desom1.py"
