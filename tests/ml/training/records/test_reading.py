"""Both formats give back what was exported, or say what is wrong and how to mend it."""

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from ml.errors import DatasetError
from ml.training.corpus import Corpus
from ml.training.records import read_corpus
from ml.training.records.index import FIELDS, INDEX, read_index
from tests.ml.training.records.conftest import EXPORTS, assert_same, random_corpus


def test_the_index_covers_every_field_of_a_corpus() -> None:
    assert {field.name for field in fields(Corpus)} == set(FIELDS)


def test_the_same_arrays_come_back_in_the_same_order(exported: Path, corpus: Corpus) -> None:
    assert_same(read_corpus(exported), corpus)


def test_the_index_counts_and_names_the_origin(exported: Path, corpus: Corpus) -> None:
    index = read_index(exported)
    assert (index.pictures, index.groups, index.side) == (26, 7, 24)
    assert index.clusters == len(set(corpus.clusters))
    assert index.labels["-1"] == int((corpus.labels == -1).sum())
    assert sum(index.labels.values()) == 26
    assert sum(shard.pictures for shard in index.shards) == 26
    assert (index.origin.split, index.origin.part) == ("clean", "train")
    assert index.origin.split_id == "0123456789abcdef"
    written = {path.name for path in exported.iterdir()}
    assert written == {INDEX, *(shard.file for shard in index.shards)}


def test_both_formats_have_the_same_content_sum(corpus: Corpus, tmp_path: Path) -> None:
    sums = {name: export(corpus, tmp_path / name).content for name, export in EXPORTS.items()}
    assert sums["tfrecord"] == sums["pack"]
    other = EXPORTS["pack"](random_corpus(seed=1), tmp_path / "other")
    assert other.content != sums["pack"]


def test_an_altered_byte_is_refused(exported: Path) -> None:
    file = exported / read_index(exported).shards[-1].file
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=f"{file.name} in .* was altered") as refused:
        read_corpus(exported)
    kind = exported.name
    assert f"`python -m ml.datasets.{kind} export FOLDER --split clean --part train" in str(
        refused.value
    )


def test_a_truncated_file_is_refused(exported: Path) -> None:
    file = exported / read_index(exported).shards[0].file
    whole = file.read_bytes()
    file.write_bytes(whole[:-7])
    said = rf"{file.name} in .* has {len(whole) - 7} bytes, not {len(whole)}: it was truncated"
    with pytest.raises(DatasetError, match=said):
        read_corpus(exported)


def test_a_missing_file_is_refused(exported: Path) -> None:
    file = exported / read_index(exported).shards[0].file
    file.unlink()
    with pytest.raises(DatasetError, match=f"{file.name} is missing in .*Copy the folder again"):
        read_corpus(exported)


def test_a_folder_without_index_is_an_unfinished_export(exported: Path) -> None:
    (exported / INDEX).unlink()
    with pytest.raises(DatasetError, match=r"the export was stopped\. Remove what is there"):
        read_corpus(exported)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-20],
        lambda text: text.replace('"side": 24', '"side": 32'),
        lambda text: re.sub(r'"seal": ".', '"seal": "', text),
        lambda _: "[]",
        lambda _: "{}",
    ],
)
def test_an_altered_index_is_refused(exported: Path, change: Callable[[str], str]) -> None:
    path = exported / INDEX
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    with pytest.raises(DatasetError, match=r"index\.json in .* was truncated or altered"):
        read_corpus(exported)


def test_another_version_says_to_export_again(exported: Path) -> None:
    facts = json.loads((exported / INDEX).read_text())
    (exported / INDEX).write_text(json.dumps({**facts, "version": 99}))
    with pytest.raises(DatasetError, match=r"version 99 .* read is version 1"):
        read_corpus(exported)


def test_files_of_another_export_do_not_pass_as_these(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the files' own sums agree, the arrays are summed once more."""
    folder = tmp_path / "pack"
    EXPORTS["pack"](corpus, folder)
    index = read_index(folder)
    other = EXPORTS["pack"](random_corpus(seed=1), tmp_path / "other")
    monkeypatch.setattr("ml.training.records.reading.check_shards", lambda *_: None)
    (folder / index.shards[0].file).write_bytes(
        (tmp_path / "other" / other.shards[0].file).read_bytes()
    )
    with pytest.raises(DatasetError, match="are not those that were exported"):
        read_corpus(folder)
