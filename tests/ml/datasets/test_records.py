"""`python -m ml.datasets.tfrecord` and `… pack`: from a split to a folder and back to training."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.datasets import pack, tfrecord
from ml.errors import MissingDataset
from ml.training import corpus as module
from ml.training.corpus import load_corpus, rows_of
from ml.training.records import read_corpus
from ml.training.records.index import FIELDS, read_index

SIDE = 24
PARTS = ("train", "validation", "test")
COLUMNS = "path,label,source,cluster,group,split,representative,official"
Main = Callable[[list[str]], int]
COMMANDS = pytest.mark.parametrize("main", [tfrecord.main, pack.main], ids=["tfrecord", "pack"])


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A split of twelve pictures whose prepared pictures lie in the cache; no data set is here."""
    lines = [COLUMNS]
    for i in range(12):
        part = (*PARTS, "train")[i % 4] if i < 11 else "excluded"
        label = ("glioma", "no_tumor", "tumor")[i % 3]
        lines.append(f"sartaj/{i}.jpg,{label},sartaj,c{i // 2},g{i},{part},{int(i % 8 != 3)},train")
    for name in ("clean", "official"):
        path = tmp_path / "data" / "splits" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def absent() -> Path:
        raise MissingDataset("the sets are not here")

    monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    monkeypatch.setattr(module, "CACHE", tmp_path / ".cache")
    monkeypatch.setattr(module, "CACHED_SIDE", SIDE)
    monkeypatch.setattr(module, "data_root", absent)
    draw_cache(tmp_path, monkeypatch)
    return tmp_path


def draw_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `load_corpus` itself prepare noise once, so that the cache is where it wants it."""
    rng = np.random.default_rng(2)
    pictures = lambda *_: (  # noqa: E731
        rng.integers(0, 256, (SIDE, SIDE), np.uint8),
        rng.integers(0, 2, (SIDE, SIDE), np.uint8) * 255,
    )
    with monkeypatch.context() as drawing:
        drawing.setattr(module, "data_root", lambda: folder)
        drawing.setattr(module, "read_all", lambda _: [Named(f"sartaj/{i}.jpg") for i in range(12)])
        drawing.setattr(module, "_prepared", pictures)
        load_corpus("clean", "train")


class Named:
    def __init__(self, path: str) -> None:
        self.path = path


def export_all(main: Main, folder: Path, *options: str) -> list[str]:
    names = [str(folder / f"exported-{part}") for part in PARTS]
    for part, name in zip(PARTS, names, strict=True):
        shards = ["--shards", "2"] if main is tfrecord.main else []
        assert main(["export", name, "--part", part, *shards, *options]) == 0
    return names


@COMMANDS
def test_training_finds_imported_parts_without_the_data_sets(prepared: Path, main: Main) -> None:
    expected = {part: load_corpus("clean", part) for part in PARTS}
    folders = export_all(main, prepared)
    (prepared / ".cache").rename(prepared / "gone")
    with pytest.raises(MissingDataset):
        load_corpus("clean", "train")
    assert main(["import", *folders]) == 0
    for part, folder in zip(PARTS, folders, strict=True):
        for found in (load_corpus("clean", part), read_corpus(Path(folder))):
            for name in FIELDS:
                np.testing.assert_array_equal(getattr(found, name), getattr(expected[part], name))
    stores = {path.name for path in (prepared / ".cache").iterdir()}
    assert stores == {path.name for path in (prepared / "gone").iterdir()}
    assert main(["import", *folders]) == 0, "a second import finds everything there"


@COMMANDS
def test_an_import_that_training_could_not_use_is_refused(
    prepared: Path, main: Main, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = export_all(main, prepared)
    (prepared / ".cache").rename(prepared / "gone")
    assert main(["import", *folders[:2]]) == 1
    said = capsys.readouterr().err
    assert "missing is test" in said
    assert "--part test" in said
    monkeypatch.setattr(module, "CACHED_SIDE", 48)
    assert main(["import", *folders]) == 1
    assert "holds pictures of 24 px, the cache 48 px" in capsys.readouterr().err
    monkeypatch.setattr(module, "PREPROCESSING", prepared / "data" / "splits" / "official.csv")
    assert main(["import", *folders]) == 1
    assert "another version of ml/preprocess.py" in capsys.readouterr().err
    split = prepared / "data" / "splits" / "clean.csv"
    split.write_text(split.read_text().replace("g3", "g4"))
    assert main(["import", *folders]) == 1
    assert "exported with another file of split clean" in capsys.readouterr().err
    assert not (prepared / ".cache").exists()


@COMMANDS
def test_smaller_and_fewer_pictures_are_exported_but_not_imported(
    prepared: Path, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = prepared / "fewer"
    options = ["--shards", "1"] if main is tfrecord.main else []
    asked = ["export", str(fewer), "--part", "train", "--representatives", "--side", "16"]
    assert main([*asked, *options]) == 0
    index, whole = read_index(fewer), load_corpus("clean", "train")
    assert (index.pictures, index.side) == (int(whole.representative.sum()), 16)
    assert index.pictures < len(whole)
    assert read_corpus(fewer).paths.tolist() == whole.paths[whole.representative].tolist()
    assert "--side 16" in index.command
    assert index.command.endswith("--representatives")
    capsys.readouterr()
    assert main(["import", str(fewer)]) == 1
    assert "holds pictures of 16 px" in capsys.readouterr().err


@COMMANDS
def test_verify_tells_whole_from_damaged(
    prepared: Path, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = export_all(main, prepared)
    capsys.readouterr()
    assert main(["verify", *folders]) == 0
    assert capsys.readouterr().out.count("complete and unaltered\n") == 3
    file = Path(folders[1]) / read_index(Path(folders[1])).shards[0].file
    file.write_bytes(file.read_bytes()[:-1])
    assert main(["verify", *folders]) == 1
    said = capsys.readouterr()
    assert said.out.count("complete and unaltered\n") == 1
    assert f"{file.name} in {folders[1]} has" in said.err


@COMMANDS
def test_a_folder_of_the_repository_is_refused_before_any_picture_is_read(
    main: Main, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "load_corpus", lambda *_: pytest.fail("pictures were read"))
    folder = Path(__file__).parent / "exported"
    assert main(["export", str(folder), "--part", "train"]) == 1
    assert "pictures of patients never enter a repository" in capsys.readouterr().err
    assert not folder.exists()


@COMMANDS
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--part", "all"], "invalid choice: 'all'"),
        (["--part", "test", "--side", "8"], "8 is less than 16"),
        (["--part", "test", "--split", "folds"], "invalid choice: 'folds'"),
        ([], "required: --part"),
    ],
)
def test_wrong_options_are_refused(
    main: Main, wrong: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", "somewhere", *wrong])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_imported_rows_are_those_that_load_corpus_prepares(prepared: Path) -> None:
    for split in ("clean", "official_sartaj"):
        parts = {row["split"] for row in rows_of(split)}
        counts = {part: sum(r["split"] == part for r in rows_of(split)) for part in parts}
        if split == "clean":
            assert counts == {part: len(load_corpus(split, part)) for part in PARTS}
    assert sum(counts.values()) == 12
    assert "test" not in counts


def test_data_sets_do_not_import_training() -> None:
    """Only when a command runs; the house's imports go one way."""
    asked = (
        "import sys, ml.datasets.tfrecord, ml.datasets.pack; "
        "sys.exit(any(name.startswith('ml.training') for name in sys.modules))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", asked], cwd=root, check=False, timeout=60)
    assert done.returncode == 0
