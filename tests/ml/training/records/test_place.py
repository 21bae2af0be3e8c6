"""Pictures of patients are never written where git would commit them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ml.errors import DatasetError
from ml.training.corpus import Corpus
from ml.training.records import place
from ml.training.records.place import REPOSITORY, claim
from tests.ml.training.records.conftest import EXPORTS

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository that ignores out/."""
    root = tmp_path / "clone"
    root.mkdir()
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, timeout=60)
    (root / ".gitignore").write_text("/out/\n*.log\n")
    return root


@pytest.mark.parametrize("kind", ["tfrecord", "pack"])
def test_this_repository_is_refused(corpus: Corpus, kind: str) -> None:
    folder = REPOSITORY / "assets" / "records-of-a-test"
    with pytest.raises(DatasetError, match="pictures of patients never enter a repository"):
        EXPORTS[kind](corpus, folder)
    assert not folder.exists()


@needs_git
@pytest.mark.parametrize("name", ["", "records", "data/out", "out.log/../kept"])
def test_folders_that_git_would_commit_are_refused(tree: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"lies in the repository .*such as out/ or \.cache/"):
        claim(tree / name)
    assert sorted(path.name for path in tree.iterdir()) == [".git", ".gitignore"]


@needs_git
@pytest.mark.parametrize("name", ["out", "out/records", "folder.log"])
def test_ignored_folders_are_taken(tree: Path, name: str) -> None:
    assert claim(tree / name) == (tree / name).resolve()
    assert (tree / name).is_dir()


@needs_git
def test_a_link_into_a_repository_does_not_hide_it(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree)
    with pytest.raises(DatasetError, match="never enter a repository"):
        claim(tmp_path / "link" / "records")


@needs_git
def test_a_hook_of_another_repository_does_not_answer(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert claim(tree / "out").is_dir()


def test_without_git_nothing_counts_as_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "REPOSITORY", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DatasetError, match="never enter a repository"):
        claim(tmp_path / "out")


def test_outside_any_repository_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert claim(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert claim(tmp_path / "a" / "b").is_dir()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    for taken in (tmp_path, tmp_path / "kept.txt"):
        with pytest.raises(DatasetError, match="is not an empty folder"):
            claim(taken)
    assert (tmp_path / "kept.txt").read_text() == "mine"
