"""What the house asks of every rule, checked on the rules as Snakemake reads them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import CHECKOUT, environment

WALK = Path(__file__).with_name("walk.py")


@pytest.fixture(scope="module")
def rules(checkout) -> list[dict]:
    """Return the rules that do something, targets left out."""
    done = subprocess.run(
        [sys.executable, WALK, checkout / "Snakefile"],
        cwd=checkout,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return [rule for rule in found if rule["script"] or rule["action"]]


def breaking(rules, holds) -> list[str]:
    return sorted(rule["name"] for rule in rules if not holds(rule))


def test_there_are_rules(rules):
    """The tests below have something to hold."""
    assert len(rules) > 20
    assert [rule["name"] for rule in rules if not rule["output"]] == ["verify"]


def test_all_work_is_in_scripts(rules):
    """Shell and run blocks are not watched by content; scripts are."""
    assert breaking(rules, lambda rule: rule["script"] and not rule["action"]) == []


def test_every_rule_logs_below_logs(rules):
    """Each rule has a log of its own in its area's folder."""
    assert breaking(rules, lambda rule: len(rule["log"]) == 1) == []
    logs = [rule["log"][0] for rule in rules]
    assert len(set(logs)) == len(logs)
    assert all(log.startswith("logs/demo/") for log in logs)


def test_every_product_lies_in_its_run(rules):
    """Products are in results/<run>/<area>/, downloads aside."""

    def inside(rule):
        roots = ("results/demo/", "data/downloads/")
        return all(path.startswith(roots) for path in rule["output"])

    assert breaking(rules, inside) == []


def test_every_rule_has_an_environment(rules):
    """The conda file of each rule exists; a plain dry run would not tell."""

    def exists(rule):
        return (CHECKOUT / "envs" / Path(rule["conda"]).name).is_file()

    assert breaking(rules, exists) == []


def test_every_rule_may_run_in_the_image(rules):
    """The one of all environments; modules would not take it from the Snakefile."""
    image = str(CHECKOUT / "skyloom.sif")
    assert breaking(rules, lambda rule: rule["image"] == image) == []


def test_every_script_exists_and_is_digested(rules):
    """Each rule carries the digest of the script that it runs."""
    assert breaking(rules, lambda r: Path(r["basedir"], r["script"]).is_file()) == []

    def digested(rule):
        return re.fullmatch(r"[0-9a-f]{64}", str(rule["params"].get("code")))

    assert breaking(rules, digested) == []


def test_digest_is_that_of_the_rules_script(rules):
    """The digest is of this script with this environment, not of another."""
    from skyloom.run.digest import code_of

    def own(rule):
        script = Path(rule["basedir"], rule["script"]).resolve().relative_to(CHECKOUT)
        env = f"envs/{Path(rule['conda']).name}"
        books = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
        given = [[], *([str(book.relative_to(CHECKOUT))] for book in books)]
        digests = {code_of(str(script), *more, env=env) for more in given}
        return rule["params"]["code"] in digests

    assert breaking(rules, own) == []


def test_resources_are_stated(rules):
    """Every rule says how much memory and time it takes."""

    def stated(rule):
        return {"mem_mb", "runtime"} <= set(rule["resources"])

    assert breaking(rules, stated) == []


def test_no_rule_retries(rules):
    """On Slurm a rule's own retries multiply inside the allocation."""
    assert breaking(rules, lambda rule: not rule["retries"]) == []


def test_params_are_plain(rules):
    """Only JSON values are compared; anything else is skipped without a word."""

    def plain(rule):
        return "NOT PLAIN" not in json.dumps(rule["params"]) and not rule["unnamed"]

    assert breaking(rules, plain) == []


def test_params_hold_no_place(rules):
    """No parameter names a folder of this machine: moving would rerun."""

    def placeless(rule):
        return str(CHECKOUT) not in json.dumps(rule["params"])

    assert breaking(rules, placeless) == []


def test_params_cannot_be_swapped_unseen(rules):
    """Snakemake compares values without names: at most one value of each kind."""

    def apart(rule):
        kinds = [type(value) for value in rule["params"].values()]
        return len(set(kinds)) == len(kinds)

    assert breaking(rules, apart) == []


def test_settings_are_sorted(rules):
    """The order of layers in the config never reruns anything."""

    def ordered(rule):
        settings = rule["params"].get("settings", {})
        return json.dumps(settings) == json.dumps(settings, sort_keys=True)

    assert breaking(rules, ordered) == []


def shown(rules) -> list[dict]:
    return [one for rule in rules for one in rule["report"]]


def test_the_report_has_areas_and_parts(rules):
    """Every area is a category of the report, and has its headline numbers."""
    parts = {(one["category"], one["subcategory"]) for one in shown(rules)}
    areas = {"Builder", "Clusters", "Quasars", "Spectra", "Spirals"}
    assert {area for area, _ in parts} == areas
    assert {(area, "Headline numbers") for area in areas} <= parts
    assert all(subcategory for _, subcategory in parts)


def test_the_report_shows_what_a_person_reads(rules):
    """Pictures, tables of numbers and catalogues; nothing for programs."""
    kinds = {Path(one["path"]).suffix for one in shown(rules)}
    assert kinds == {".pdf", ".png", ".html", ".ecsv"}


def test_the_report_says_what_is_shown(rules):
    """In words with a capital, not the names of files, each once in its part."""
    said = [(one["category"], one["subcategory"], one["labels"]["shown"])
            for one in shown(rules)]  # fmt: skip
    assert all(re.match(r"[A-Z{]", words) and "_" not in words for *_, words in said)
    assert len(set(said)) == len(said)
    assert {tuple(one["labels"]) for one in shown(rules)} == {("shown",)}


def test_captions_exist_and_are_of_their_area(rules):
    """Each product of the report has its own sentence, and no sentence is left over."""
    told = {Path(one["caption"]).resolve() for one in shown(rules)}
    folder = CHECKOUT / "workflow" / "report"
    assert all(path.is_file() for path in told)
    for one in shown(rules):
        caption = Path(one["caption"]).resolve()
        if caption.name != "atlas.rst":  # of all areas
            assert caption.parent.name == one["category"].lower()
    # The opening, builder's method, and what is of one's own files only.
    spare = {"workflow", "builder/model", "spectra/placed", "spirals/picture"}
    spare = {folder / f"{name}.rst" for name in spare}
    kept = set(folder.rglob("*.rst")) - spare
    assert kept - told == set()


def test_every_rule_says_what_it_does(rules):
    """A message in plain words for each rule."""
    assert breaking(rules, lambda rule: rule["message"]) == []
