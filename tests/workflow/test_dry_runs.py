"""Dry runs: every layer, any product by its file name, and nothing twice."""

from __future__ import annotations

import re
import shutil
import zipfile

import pytest
from checkouts import LAYER, copy_checkout, parted, planned, snakemake
from skyloom.io.documents import read_json


@pytest.fixture
def fresh(tmp_path):
    """Copy the checkout, without products."""
    return copy_checkout(tmp_path / "checkout")


GZ3D = range(300_000, 301_200)  # numbers of a list of galaxies


def fetched(folder, what: str, *arguments, **extra) -> int:
    """Return how many files of a kind a dry run would fetch."""
    said = snakemake(folder, "-n", *arguments, **extra).stdout
    return sum(map(int, re.findall(rf"Download (\d+) {what}", said)))


def kinds(counts) -> set[str]:
    return {parted(name)[1] for name in counts}


def test_the_demo_plans_every_rule(fresh):
    """The two-command demo asks for every step from drawings to catalogue."""
    steps = {"volunteers", "aggregates", "best_individual", "tuned_agg", "tuned_bi"}
    steps |= {"models", "make_agg_bi_models", "compile_tuned_models", "figures"}
    # And from a list of clusters to a catalogue.
    steps |= {"make_cluster_list", "catalogs", "images", "file_data", "train"}
    steps |= {"survey", "infer", "detect", "cluster_catalogue", "density"}
    assert steps <= kinds(planned(fresh))


@pytest.mark.real
@pytest.mark.parametrize("layer", ["real", "export"])
def test_layers_on_real_data_plan(fresh, real, layer):
    """The layers that read the real files are complete."""
    counts = planned(
        fresh, "--configfile", f"config/{layer}.yaml", SKYLOOM_DATA=str(real)
    )
    assert {"aggregates", "tuned_agg", "compile_tuned_models"} <= kinds(counts)
    judged = {"classify_files", "evaluate_files", "match", "real_field", "place"}
    assert judged <= kinds(counts) if layer == "real" else not judged & kinds(counts)
    assert not {"train", "file_data"} & kinds(counts)


def test_long_layer_plans(fresh, tmp_path):
    """The long demo has more chunks."""
    for name in ("LOZ-v1.1", "HIZ-v1.1", "None-v0.1"):
        place = f"quasars/redrock_templates/rrtemplate-QSO-{name}.fits.gz"
        write(tmp_path / place, "")
    write(tmp_path / "clusters" / "clusterdb" / "desY1a1.csv.gz", "")
    for name in ("models/1.json.gz", "images/1.npz", "gal-metadata.csv"):
        write(tmp_path / "builder" / "galaxies" / name, "")
    layer = ("--configfile", "config/long.yaml")
    counts = planned(fresh, *layer, SKYLOOM_DATA=str(tmp_path))
    second = {"answer_query", "merge_labels", "gather_labelled", "compare_rounds"}
    second |= {"train_round2", "run_round2", "make_cluster_list"}
    more = {"baseline_network", "desom1_repeat1", "desom1_repeat2", "inpainting"}
    assert kinds(counts) == (kinds(planned(fresh)) - second) | more
    assert sum(counts.values()) > 100


def test_survey_layer_plans_once_its_files_exist(fresh, tmp_path):
    """The survey's paths are to be filled; a run then plans every step."""
    data = tmp_path / "data"
    for name in ("classifications", "subjects", "gal-metadata"):
        write(data / "builder" / "survey" / f"{name}.csv", "")
    write(data / "builder" / "survey" / "sample.csv", "subject_id\n7\n8\n")
    for subject in (7, 8):
        place = f"downloads/builder/subject_data/{subject}/difference.json"
        write(data / place, "{}")
    layer = ("--configfile", "config/survey.yaml")
    assert "tuned_agg" in kinds(planned(fresh, *layer, SKYLOOM_DATA=str(data)))


def test_survey_of_clusters_plans_once_its_files_exist(fresh, tmp_path):
    """Two tiles of DES are looked at by an encoder of the run; none is simulated."""
    data = tmp_path / "data"
    write(data / "clusters" / "survey" / "redmapper.fits", "")
    write_tiles(data)
    layer = ("--configfile", "config/survey_clusters.yaml")
    counts = planned(fresh, "clusters_all", *layer, SKYLOOM_DATA=str(data))
    steps = {"train", "calibrate", "infer", "cluster_catalogue", "evaluate"}
    assert steps <= kinds(counts)
    assert not {"survey", "density", "make_cluster_list"} & kinds(counts)
    assert sum(name.startswith("clusters_infer") for name in counts) == 2


def test_survey_of_spectra_plans_once_its_files_exist(fresh, tmp_path):
    """A round, and a second one when inspectors have answered its query."""
    folder = tmp_path / "quasars" / "survey"
    for tile, exposure in ((1, 9), (1, 10), (2, 11)):
        name = f"tiles/{tile}/{exposure}/coadd-0-{tile}-{exposure}.fits"
        write(folder / name, "")
    for name in ("training/coadd-0-3-4.fits", "vi.csv", "dr12_train.fits"):
        write(folder / name, "")
    write(folder / "truth_dr12q.fits", "")
    layer = ("quasars_all", "--configfile", "config/survey_quasars.yaml")
    data = {"SKYLOOM_DATA": str(tmp_path)}
    once = kinds(planned(fresh, *layer, **data))
    steps = {"import_sample", "ingest", "train_round1", "run_round1", "query"}
    assert steps <= once
    second = {"merge_labels", "gather_labelled", "train_round2", "compare_rounds"}
    assert not (second | {"simulate_survey", "evaluate_round"}) & once
    write(folder / "answers" / "round1" / "vi_AB.csv", "")
    more = ("--config", "quasars={rounds: 2}")
    assert steps | second <= kinds(planned(fresh, *layer, *more, **data))
    target = "results/desi/quasars/evaluation/round1.json"
    said = snakemake(fresh, "-n", target, *layer[1:], check=False, **data)
    assert "set quasars.paths.survey_truth" in said.stdout


def test_survey_of_manga_fetches_what_is_not_there(fresh, tmp_path):
    """From a list of galaxies; another one in it fetches none of the others again."""
    sheet = tmp_path / "spectra" / "survey" / "plateifus.csv"
    write(sheet, "plateifu\n8485-1901\n7443-12703\n")
    layer = ("spectra_all", "--configfile", "config/survey_spectra.yaml")
    data = {"SKYLOOM_DATA": str(tmp_path)}
    counts = planned(fresh, *layer, **data)
    assert counts["spectra_retrieve_manga_0"] == 1
    steps = {"desom1", "draw_desom1", "labels", "evaluate_novelty", "desom2", "metrics"}
    assert steps <= kinds(counts)
    assert fetched(fresh, "cubes", *layer, **data) == 4
    write(tmp_path / "downloads" / "manga" / "manga-8485-1901-MAPS.fits.gz", "")
    write(sheet, "plateifu\n8485-1901\n7443-12703\n")
    assert fetched(fresh, "cubes", *layer, **data) == 3
    asked = str(tmp_path / "downloads" / "manga" / "manga-8485-1901-LOGCUBE.fits.gz")
    assert fetched(fresh, "cubes", asked, *layer[1:], **data) == 1
    own = ("--config", "spectra={paths: {manga: cubes}}")
    write(tmp_path / "cubes" / "manga-8485-1901-LOGCUBE.fits.gz", "")
    assert fetched(fresh, "cubes", *layer, *own, **data) == 2


def test_spectra_are_placed_without_training(fresh, tmp_path):
    """The map that comes with skyloom places given files on a page: no more."""
    write(tmp_path / "mine.fits", "")
    layer = ("--configfile", "config/place_spectra.yaml")
    own = ("--config", "spectra={place: {files: [mine.fits], redshifts: 0.05}}")
    asked = ("spectra_all", *layer, *own)
    counts = planned(fresh, *asked, SKYLOOM_DATA=str(tmp_path))
    assert kinds(counts) == {"place", "anomalies", "atlas"}


def test_survey_of_gz3d_fetches_what_is_not_there(fresh, tmp_path):
    """From a list of sums; files that are at hand, and cutouts, are not fetched."""
    folder, names = tmp_path / "spirals" / "survey", [f"1-{i}_91_{i}" for i in GZ3D]
    sums = "".join(f"{i:064x}  gz3d_{n}.fits.gz\n" for i, n in enumerate(names))
    write(folder / "gz3d.sha256", sums)
    write(folder / "master_all_file_index_passes_file_checks.parquet", "")
    for name in ("gz_desi_votes.parquet", "sami.csv"):
        write(folder / name, "")
    layer = ("spirals_all", "--configfile", "config/survey_spirals.yaml")
    data = {"SKYLOOM_DATA": str(tmp_path)}
    counts = planned(fresh, *layer, **data)
    assert kinds(counts) >= {"retrieve_gz3d", "retrieve_cutouts"}
    assert counts["spirals_train"] == counts["spirals_judge"] == (3 + 3 + 1) * 5
    steps = {"marks", "crossmatch", "galaxies", "predict", "catalogue", "compare"}
    assert steps <= kinds(counts)
    assert not {"simulate", "simulate_catalogue"} & kinds(counts)
    first = f"gz3d_{names[0]}.fits"
    write(tmp_path / "downloads" / "gz3d" / f"{first}.gz", "")
    write(tmp_path / "cutouts" / first, "")
    own = ("--config", "spirals={paths: {cutouts: cutouts}}")
    for what in ("files of GZ3D", "images"):
        assert fetched(fresh, what, *layer, *own, **data) == len(GZ3D) - 1


def test_spirals_are_found_without_training(fresh, tmp_path):
    """The network that comes with skyloom looks at given pictures, and that is all."""
    for name in ("pictures/a.jpg", "pictures/deeper/b.png", "pictures/c.fits"):
        write(tmp_path / name, "")
    write(fresh / "resources" / "models" / "spirals" / "model.pt", "")
    layer = ("--configfile", "config/find_spirals.yaml")
    counts = planned(fresh, "spirals_all", *layer, SKYLOOM_DATA=str(tmp_path))
    steps = {"images", "dataset", "predict", "catalogue", "pictures", "interrogate"}
    assert kinds(counts) == steps | {"atlas"}


def test_clusters_are_found_without_training(fresh, tmp_path):
    """The filter and the encoder that comes with skyloom look at given tiles."""
    write_tiles(tmp_path)
    layer = ("--configfile", "config/find_clusters.yaml")
    counts = planned(fresh, "clusters_all", *layer, SKYLOOM_DATA=str(tmp_path))
    steps = {"sources", "matched_filter", "infer", "detect", "cluster_catalogue"}
    assert kinds(counts) == steps | {"picture", "metrics", "atlas"}


def write_tiles(data) -> None:
    for tile in ("DES0000-2958", "DES0001-3000"):
        for band in "griz":
            name = f"{tile}_r4907p01_{band}_nobkg.fits.fz"
            write(data / "downloads" / "clusters" / "tiles" / tile / name, "")


def write(path, text) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("layer", ["real", "export", "survey"])
def test_layer_without_its_data_is_refused(fresh, layer):
    """A path that leads nowhere stops the run before any job, in one message."""
    said = snakemake(
        fresh,
        "-n",
        "--configfile",
        f"config/{layer}.yaml",
        check=False,
        SKYLOOM_DATA="none",
    )
    assert said.returncode != 0
    assert "there is no file none/builder" in said.stdout
    assert "set SKYLOOM_DATA" in said.stdout


def test_wrong_key_is_refused(fresh):
    """A misspelt key stops the run before any job and suggests the right one."""
    path = fresh / "config" / "demo.yaml"
    path.write_text(path.read_text().replace("chunks:", "chunk:"))
    said = snakemake(fresh, "-n", check=False)
    assert said.returncode != 0
    assert "chunk: unknown key (did you mean chunks?)" in said.stdout
    assert "Job stats" not in said.stdout


def test_a_layer_inherits_nothing_of_the_demo(fresh):
    """A layer of three lines plans a run of its own name, of the chosen area only."""
    (fresh / "own.yaml").write_text("run: own\nareas: [builder]\n")
    said = snakemake(fresh, "-n", "--configfile", "own.yaml", check=False).stdout
    said = said.replace(str(fresh), "")  # whose own path may name an area
    assert "results/demo" not in said
    assert "quasars" not in said
    assert "clusters" not in said


def test_second_run_does_nothing(built, tmp_path):
    """When everything is made, nothing is planned."""
    folder = tmp_path / "checkout"
    shutil.copytree(built.folder, folder)
    assert planned(folder, *LAYER) == {}


# Files in the layout of the survey, and lists; beside their rule's log is the record.
PLAIN = ("raw/**/*", "truth/*.json", "**/*.csv", "**/*.txt", "**/*.dat", "**/*.pt")
PLAIN += ("**/*.npy", "metrics.html")  # whose record is in the file beside
TABLES = ("subjects", "gal_metadata", "subject_id_list")
LOGGED = {
    "builder": (*TABLES, "classifications", "simulate/c0"),
    "quasars": ("simulate_survey", "answer_query/round1", "merge_labels/round2"),
    "clusters": ("catalogs/c0", "file_data/c0", "survey/c0"),
    "spectra": ("simulate_cube/9001-1901",),
    "spirals": ("simulate_catalogue", "simulate/c0", "gz3d_catalog", "dataset/c0"),
}


@pytest.mark.parametrize("area", LOGGED)
def test_every_product_says_what_it_is_made_from(built, area):
    """Code, settings, inputs and versions stand in each file, or beside the log."""
    root = built.folder / "results" / "tiny" / area
    plain = {path for pattern in PLAIN for path in root.glob(pattern)}
    files = {path for path in root.rglob("*") if path.is_file()} - plain
    # A member's bootstrap sample is described by the member.
    files -= set(root.glob("ensemble/*/net_*.npz"))
    words = {".fits": b"VERSIONS=", ".reg": b"# version", ".feedme": b"# version"}
    words[".fz"] = words[".fits"]
    bare = [
        path
        for path in files
        if words.get(path.suffix, b"versions") not in unpacked(path)
        and path.name != ".snakemake_timestamp"
    ]
    assert bare == []
    for name in LOGGED[area]:
        record = built.folder / "logs" / "tiny" / area / f"{name}.provenance.json"
        assert {"code", "config", "inputs", "versions"} == set(read_json(record))


def unpacked(path) -> bytes:
    """Return the bytes of a file, those of its members for an archive."""
    if path.suffix not in (".npz", ".keras"):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        # numpy keeps text as four bytes a letter.
        return b"".join(map(archive.read, archive.namelist())).replace(b"\0", b"")


def test_every_product_can_be_asked_for(built, fresh):
    """A file name is a request: each product alone plans its own steps only."""
    shutil.copy2(built.folder / "tiny.yaml", fresh / "tiny.yaml")
    root = built.folder / "results"
    by_kind = {}
    files = {path for path in root.glob("*/*/**/*") if path.is_file()}
    # The targets of a query are not known before it: their stamps are one product.
    files -= set(root.glob("*/quasars/query/*/stamps/*"))
    for path in sorted(files):
        kind = (path.parent, path.suffix)
        by_kind.setdefault(kind, path.relative_to(built.folder))
    assert len(by_kind) > 10
    said = snakemake(fresh, "-n", "--quiet=rules", *map(str, by_kind.values()), *LAYER)
    assert "Job stats" in said.stdout


@pytest.mark.parametrize(
    ("target", "steps", "others"),
    [
        ("volunteers/100001.json", {"volunteers"}, {"aggregates", "tuned_agg"}),
        ("aggregates/100001.json", {"volunteers", "aggregates"}, {"tuned_agg"}),
        (
            "tuned/agg/100001.json",
            {"aggregates", "tuned_agg"},
            {"tuned_bi", "best_individual"},
        ),
        (
            "tuned/bi/100001.json",
            {"best_individual", "tuned_bi"},
            {"tuned_agg", "aggregates"},
        ),
        (
            "models/100001.json",
            {"tuned_agg", "tuned_bi", "models"},
            {"catalogue", "figures"},
        ),
        ("residuals/100001.fits", {"models"}, {"catalogue", "figures"}),
        ("figures/100001.pdf", {"figures"}, {"pitch_posterior"}),
    ],
)
def test_one_file_plans_its_own_steps(fresh, target, steps, others):
    """`snakemake results/demo/builder/<file>` makes what it needs, once each."""
    counts = planned(fresh, f"results/demo/builder/{target}")
    assert steps <= kinds(counts)
    assert not others & kinds(counts)
    assert all(counts[name] == 1 for name in counts)


@pytest.mark.parametrize(
    ("target", "steps", "others"),
    [
        ("spectra/1003/80001.h5", {"ingest"}, {"train_som", "simulate_sample"}),
        ("ensemble/round1/net_0.keras", {"train_round1"}, {"ingest", "calibrate"}),
        ("exposures/round1/1003/80001.parquet", {"run_round1"}, {"query"}),
        ("prior/round1/1003/80001.fits", {"write_prior"}, {"query", "train_round2"}),
        ("query/round1/query.csv", {"query", "collect_results"}, {"answer_query"}),
        ("labels/round2.csv", {"answer_query", "merge_labels"}, {"train_round2"}),
        ("evaluation/round2.json", {"train_round2", "merge_labels"}, {"al_querier"}),
    ],
)
def test_one_file_of_quasars_plans_its_own_steps(fresh, target, steps, others):
    """Rounds reach back as far as they must, and no further."""
    counts = planned(fresh, f"results/demo/quasars/{target}")
    assert steps <= kinds(counts)
    assert not others & kinds(counts)


@pytest.mark.parametrize(
    ("target", "steps", "others"),
    [
        ("catalogs/galsim_des_003.dat", {"make_cluster_list"}, {"images", "survey"}),
        ("images/galsim_des_003_r.fits", {"catalogs", "images"}, {"file_data"}),
        ("file_data/file_data_3_size_4.pt", {"images", "file_data"}, {"train"}),
        ("encoder/best_encoder.ckpt", {"file_data", "train"}, {"survey", "calibrate"}),
        ("encoder/evaluation.json", {"evaluate_encoder"}, {"survey", "calibrate"}),
        ("survey/sim0001_z.fits.fz", {"survey"}, {"catalogs", "images"}),
        ("predictions/sim0001.npz", {"survey", "train", "infer"}, {"detect"}),
        ("density/sim0001.fits", {"survey", "density"}, {"train"}),
        ("matched_filter/sim0001.fits", {"sources", "matched_filter"}, {"train"}),
        ("catalogue/clusters.ecsv", {"calibrate", "matched_filter"}, {"density"}),
    ],
)
def test_one_file_of_clusters_plans_its_own_steps(fresh, target, steps, others):
    """From a list of clusters as far as the file, and no further."""
    counts = planned(fresh, f"results/demo/clusters/{target}")
    assert steps <= kinds(counts)
    assert not others & kinds(counts)


@pytest.mark.parametrize(
    ("target", "steps", "others"),
    [
        ("spec500.npy", {"rest_0", "sample"}, {"split", "desom1"}),
        ("X_test.npy", {"sample", "split"}, {"desom1", "baseline"}),
        ("desom1/DESOM_model_final.keras", {"split", "desom1"}, {"baseline", "labels"}),
        ("maps/kmeans.npz", {"split", "baseline"}, {"desom1"}),
        ("labels/test.fits", {"labels", "evaluate_labels"}, {"desom2", "galaxies_0"}),
        ("fingerprints.npy", {"desom1", "stack_fingerprints"}, {"labels", "desom2"}),
        ("catalogue.fits", {"desom2", "catalogue"}, {"evaluate_maps", "labels"}),
    ],
)
def test_one_file_of_spectra_plans_its_own_steps(fresh, target, steps, others):
    """A sample needs no map, a map no labels, galaxies no evaluation."""
    counts = planned(fresh, f"results/demo/spectra/{target}")
    names = {name.removeprefix("spectra_") for name in counts}
    assert steps <= names
    assert not others & names


@pytest.mark.parametrize(
    ("target", "steps", "others"),
    [
        ("raw/gz_desi.parquet", {"simulate_catalogue"}, {"simulate", "crossmatch"}),
        ("gz3d_catalog.csv", {"simulate", "marks"}, {"crossmatch", "images"}),
        ("sami_match.csv", {"gz3d_catalog", "crossmatch"}, {"images", "galaxies"}),
        ("galaxies.parquet", {"crossmatch", "images", "galaxies"}, {"train"}),
        ("dataset/c0_counts.npy", {"images", "marks", "dataset"}, {"galaxies"}),
        ("training/votes/all/2/model.pt", {"dataset", "train"}, {"judge", "baselines"}),
        ("measures/c0.parquet", {"train", "predict"}, {"judge", "catalogue"}),
        ("catalogue.fits", {"predict", "catalogue"}, {"evaluate", "pictures"}),
        ("evaluation.json", {"baselines", "predict", "evaluate"}, {"compare", "judge"}),
        ("joint.csv", {"train", "judge", "compare"}, {"predict", "evaluate"}),
    ],
)
def test_one_file_of_spirals_plans_its_own_steps(fresh, target, steps, others):
    """Any training by its name, a comparison without maps, maps without judgement."""
    counts = planned(fresh, f"results/demo/spirals/{target}")
    assert steps <= kinds(counts)
    assert not others & kinds(counts)
    assert counts["spirals_train"] <= (2 if target == "joint.csv" else 1)
