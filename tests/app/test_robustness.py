"""The command that meets every entry with damaged input, and the document of its counts."""

import json
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_
from streamlit.testing.v1 import AppTest

from app import hostile, robustness, state, viewer_session
from app.hostile import ENTRIES
from ml.errors import DamagedFile, MetricsError
from ml.hostile import counts, watch
from ml.hostile.document import DOCUMENT
from ml.hostile.entries import Entry
from ml.hostile.watch import is_sentence, outcomes

QUICK = [name for name in ENTRIES if name != "address"]
JSON = any_.recursive(
    any_.none() | any_.booleans() | any_.integers() | any_.floats() | any_.text(max_size=9),
    lambda inner: any_.lists(inner, max_size=4) | any_.dictionaries(any_.text(max_size=6), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("name", QUICK)
def test_a_seeded_part_of_the_campaign(name: str, tmp_path: Path) -> None:
    """Without the bombs, which take long; `python -m app.robustness` tries them."""
    entry = ENTRIES[name]
    first = len(entry.bombs)
    found = list(outcomes(entry, 7, range(first, first + 25), tmp_path))
    assert [one.place for one in found] == list(range(first, first + 25))
    assert [one for one in found if one.kind in counts.FAILURES] == []


@pytest.mark.parametrize("name", ENTRIES)
def test_the_valid_files_are_read(name: str) -> None:
    assert ENTRIES[name].valid()
    for data in ENTRIES[name].valid() if name != "address" else ():
        if name != "kept_series":  # of another digest
            ENTRIES[name].read(data)


def one(read: object) -> Entry:
    return Entry("One", lambda: (b"abc",), lambda data, _: data, read)  # type: ignore[arg-type]


def killed(_: bytes) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def strays(_: bytes) -> None:
    (Path.cwd() / "escaped").write_text("x")


def quotes(_: bytes) -> None:
    raise DamagedFile("Traceback of a library.")


def divides(_: bytes) -> None:
    raise ZeroDivisionError


def busy(_: bytes) -> None:
    while True:
        pass


def test_every_kind_of_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(watch, "MOST_S", 0.2)
    (tmp_path / "in").mkdir()
    kinds = {}
    for read in (killed, strays, quotes, busy, divides, len):
        found = list(outcomes(one(read), 1, range(2), tmp_path / "in"))
        assert len(found) == 2
        kinds[read] = found[1].kind
    assert list(kinds.values()) == ["crash", "file", "sentence", "hang", "crash", "read"]
    monkeypatch.setattr(watch, "MOST_BYTES", 1)
    assert next(outcomes(one(len), 1, range(1), tmp_path / "in")).kind == "memory"


def test_a_sentence_is_one() -> None:
    assert is_sentence("The file is empty. Export it again.")
    for strange in ("", "no end", "<class 'x'>.", "of IDENTIFYING.", "x" * 900 + "."):
        assert not is_sentence(strange)


def test_the_same_seed_replaces_and_another_adds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / DOCUMENT).parent.mkdir()
    monkeypatch.setitem(robustness.ENTRIES, "png", one(quotes))  # type: ignore[index]
    arguments = ["--entries", "png", "--inputs", "3", "--root", str(tmp_path)]
    for seed in ("1", "1", "2"):
        assert robustness.main([*arguments, "--seed", seed]) == 1
    known = counts.load(tmp_path)
    assert set(known["png"]) == {"1", "2"}
    assert "sentence: DamagedFile" in capsys.readouterr().out
    text = (tmp_path / DOCUMENT).read_text()
    assert "| One | 6 | 0 | 0 |" in text
    assert "Failures in these runs" in text
    assert "Seeds: 1, 2." in text
    (tmp_path / counts.COUNTS).write_text("{")
    assert robustness.main([*arguments, "--report-only"]) == 1
    with pytest.raises(MetricsError, match="damaged"):
        counts.load(tmp_path)


def test_the_committed_document_is_what_the_committed_counts_give() -> None:
    root = robustness.REPOSITORY
    assert (root / DOCUMENT).read_text(encoding="utf-8") == robustness.text(root)
    assert json.loads((root / counts.COUNTS).read_text())["entries"]


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
