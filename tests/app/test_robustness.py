"""The command that meets every entry with damaged input, and the document of its counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_
from streamlit.testing.v1 import AppTest

from app import counted, hostile, robustness, state, viewer_session
from app.hostile import ENTRIES
from ml.hostile import counts
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


def test_a_sentence_is_one() -> None:
    assert is_sentence("The file is empty. Export it again.")
    for strange in ("", "no end", "<class 'x'>.", "of IDENTIFYING.", "x" * 900 + "."):
        assert not is_sentence(strange)


def test_the_committed_document_is_what_the_committed_counts_give() -> None:
    root = robustness.REPOSITORY
    assert (root / DOCUMENT).read_text(encoding="utf-8") == robustness.text(root)
    assert json.loads((root / counts.COUNTS).read_text())["entries"]


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
