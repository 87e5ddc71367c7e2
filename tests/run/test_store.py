"""Claims of stores: which are left, and which go."""

from skyloom.run.store import claim


def test_claim_sweeps_what_no_job_will_open_again(tmp_path):
    """Stores of the same files go; those of other chunks, rules and runs stay."""
    kept = {"r_c0/old": ["demo/1", "demo/2"], "r_c1/live": ["demo/4"]}
    kept |= {"r_c0/other_run": ["real/1"], "s_c0/live": ["demo/t/1"]}
    for name, outputs in kept.items():
        claim(tmp_path / name, outputs, tmp_path)
        (tmp_path / name / "k" / "1").mkdir(parents=True)
    claim(tmp_path / "r_c0" / "new", ["demo/1", "demo/2", "demo/3"], tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")}
    assert left == (set(kept) - {"r_c0/old"}) | {"r_c0/new"}


def test_claim_cut_short_is_left_alone(tmp_path):
    """A store that another job is just removing claims nothing."""
    path = tmp_path / "r" / "s" / "claim.json"
    path.parent.mkdir(parents=True)
    path.write_text("")
    claim(tmp_path / "r" / "t", ["a"], tmp_path)
    assert path.exists()
