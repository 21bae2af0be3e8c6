"""The command that meets every entry with damaged input, and the document of its counts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_
from streamlit.testing.v1 import AppTest

from app import counted, hostile, robustness, state, viewer_session
from app.hostile import ENTRIES
from ml.errors import MetricsError
from ml.hostile import counts, guided, jsons
from ml.hostile.document import DOCUMENT
from ml.hostile.watch import is_sentence

JSON = any_.recursive(
    any_.none() | any_.booleans() | any_.integers() | any_.floats() | any_.text(max_size=9),
    lambda inner: any_.lists(inner, max_size=4) | any_.dictionaries(any_.text(max_size=6), inner),
    max_leaves=6,
)


def test_what_forks_holds_in_a_process_of_its_own() -> None:
    """A fork of this one may hang: the threads of other tests' libraries do not come with it."""
    checks = Path(__file__).with_name("forking.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", checks],
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("name", ENTRIES)
def test_the_valid_files_are_read(name: str) -> None:
    assert ENTRIES[name].valid()
    for data in ENTRIES[name].valid() if name != "address" else ():
        if name != "kept_series":  # of another digest
            ENTRIES[name].read(data)


def test_the_branches_of_a_guided_run_are_those_that_the_fuzzer_tells(tmp_path: Path) -> None:
    told = "#1\tpulse  cov: 9 ft: 1\n#4\tINITED cov: 70 ft: 90\n#9\tNEW    cov: 81 ft: 99\n"
    (tmp_path / "fuzzer.log").write_text(f"INFO: seed\n{told}#9\tDONE   cov: 83 ft: 99\n")
    assert guided.reached(tmp_path) == (70, 83)
    (tmp_path / "fuzzer.log").write_text("no fuzzer")
    assert guided.reached(tmp_path) == (0, 0)


def test_a_fuzzer_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(guided, "find_spec", lambda _: None)
    with pytest.raises(MetricsError, match=r"requirements-fuzz\.txt"):
        list(guided.outcomes("nifti", 1, 5, tmp_path))
    asked = ["--guided", "--entries", "nifti", "--inputs", "5", "--root", str(tmp_path)]
    assert robustness.main(asked) == 1
    assert "--guided" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "kind"), [(9, "crash"), (-27, "hang"), (-11, "crash")])
def test_how_a_guided_run_ends_is_an_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, kind: str
) -> None:
    """A stand-in for the fuzzer tells one outcome and ends."""
    end = f"exit {status}" if status > 0 else f"kill {status} $$"
    fuzzer = tmp_path / "stand-in"
    fuzzer.write_text(f"""#!/bin/sh\necho '{{"place": 0, "kind": "read"}}'\n{end}\n""")
    fuzzer.chmod(0o700)
    monkeypatch.setattr(guided, "find_spec", lambda _: True)
    monkeypatch.setattr(guided.sys, "executable", str(fuzzer))
    found = list(guided.outcomes("nifti", 1, 5, tmp_path))
    assert [(one.place, one.kind) for one in found] == [(0, "read"), (1, kind)]


def test_json_stays_json_and_is_changed() -> None:
    data = b'{"a": [1, {"b": "x"}], "c": {}}'
    values = json.dumps(jsons.VALUES)
    made = [jsons.changed(data, Random(seed)) for seed in range(3000)][:200]
    assert values == json.dumps(jsons.VALUES), "they are copied"
    assert made == [jsons.changed(data, Random(seed)) for seed in range(200)]
    assert sum(json.loads(one) == json.loads(data) for one in made) < 20
    assert len({type(json.loads(one)) for one in made}) > 3


def test_a_sentence_is_one() -> None:
    assert is_sentence("The file is empty. Export it again.")
    for strange in ("", "no end", "<class 'x'>.", "of IDENTIFYING.", "x" * 900 + "."):
        assert not is_sentence(strange)


def test_the_committed_document_is_what_the_committed_counts_give() -> None:
    root = robustness.REPOSITORY
    assert (root / DOCUMENT).read_text(encoding="utf-8") == robustness.text(root)
    entries = json.loads((root / counts.COUNTS).read_text())["entries"]
    assert set(ENTRIES) <= set(entries), "every entry is counted"


def test_what_is_counted_is_what_the_repository_holds(tmp_path: Path) -> None:
    @pytest.mark.parametrize("one", "ab")
    @pytest.mark.parametrize(("two", "three"), {(1, 2): "x", (3, 4): "y", (5, 6): "z"})
    def test_of_each() -> None:
        pass

    assert counted._cases(test_of_each) == 6
    assert counted._cases(test_a_sentence_is_one) == 1
    assert counted._part_of(["a", "", None, (1,)]) == "2 of 4"
    with pytest.raises(AttributeError):
        counted._test("tests/app/test_robustness.py", "test_that_is_gone")
    assert counted.section(tmp_path) == "", "a folder without tests"


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_whatever_the_viewer_sends_is_kept_within_bounds_or_not_at_all(told: object) -> None:
    hostile._take(json.dumps({"window": told, "slice": told}).encode())
    hostile._take(json.dumps(told).encode())
    scan = hostile._scan()
    hostile._take(json.dumps({"window": [scan.content_hash, told, told]}).encode())
    hostile._take(json.dumps({"slice": ["series", told]}).encode())


def test_what_is_well_formed_is_taken() -> None:
    scan = hostile._scan()
    hostile._take(json.dumps({"window": [scan.content_hash, 90, 40.5]}).encode())
    assert state.window(scan.content_hash) == (90.0, 40.5)
    hostile._take(json.dumps({"slice": ["series", 4]}).encode())
    assert state.recall(state.slice_key("series"), 0) == 4
    assert not viewer_session.draws_pictures()


@pytest.mark.parametrize("query", ["demo", "demo=%00%ff", "reading=../../x", "x=" + "y" * 5000])
def test_no_address_breaks_the_page(query: str) -> None:
    assert isinstance(hostile._app(), AppTest)
    ENTRIES["address"].read(query.encode())
