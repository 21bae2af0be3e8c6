"""What the campaign of damaged input does in processes of its own; `test_robustness` runs it."""

import os
import signal
from pathlib import Path

import pytest

from app import robustness
from app.hostile import ENTRIES
from ml.errors import DamagedFile, MetricsError
from ml.hostile import counts, watch
from ml.hostile.document import DOCUMENT
from ml.hostile.entries import Entry
from ml.hostile.watch import outcomes

QUICK = [name for name in ENTRIES if name != "address"]
MANY = {name: 8 if name == "backup" else 25 for name in QUICK}
"""Inputs of each entry; a restore takes longer than a file."""


@pytest.mark.parametrize("name", QUICK)
def test_a_seeded_part_of_the_campaign(name: str, tmp_path: Path) -> None:
    """Without the bombs, which take long; `python -m app.robustness` tries them."""
    entry = ENTRIES[name]
    first = len(entry.bombs)
    places = range(first, first + MANY[name])
    found = list(outcomes(entry, 7, places, tmp_path))
    assert [one.place for one in found] == list(places)
    assert [one for one in found if one.kind in counts.FAILURES] == []


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
