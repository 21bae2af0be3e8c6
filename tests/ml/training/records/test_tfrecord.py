"""Shards: whole groups, divided among workers without a gap or a repetition."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.errors import DatasetError
from ml.training.corpus import Corpus
from ml.training.records.index import read_index
from ml.training.records.tfrecord import dataset, export_tfrecord, shard_of_picture
from tests.ml.training.records.conftest import ORIGIN, SIDE


@pytest.fixture
def folder(corpus: Corpus, tmp_path: Path) -> Path:
    export_tfrecord(corpus, tmp_path / "records", origin=ORIGIN, shards=4)
    return tmp_path / "records"


def gathered(batches: Any) -> dict[str, Any]:
    """All batches of one pass, end to end."""
    found = list(batches.as_numpy_iterator())
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def test_no_group_is_in_two_shards_and_shards_are_about_equal(corpus: Corpus) -> None:
    home = shard_of_picture(corpus.groups, 3)
    for group in np.unique(corpus.groups):
        assert len(set(home[corpus.groups == group])) == 1
    assert sorted(np.bincount(home)) == [8, 9, 9]


def test_the_assignment_depends_on_the_groups_alone(corpus: Corpus) -> None:
    home = shard_of_picture(corpus.groups, 4)
    order = np.random.default_rng(3).permutation(len(corpus))
    np.testing.assert_array_equal(shard_of_picture(corpus.groups[order], 4), home[order])


@pytest.mark.parametrize("shards", [0, 8])
def test_more_shards_than_groups_are_refused(corpus: Corpus, tmp_path: Path, shards: int) -> None:
    with pytest.raises(DatasetError, match=rf"7 patient groups cannot fill {shards} .* 1 to 7"):
        export_tfrecord(corpus, tmp_path / "out", origin=ORIGIN, shards=shards)
    assert not (tmp_path / "out").exists()


def test_files_are_named_by_part_and_number_and_count_their_groups(folder: Path) -> None:
    index = read_index(folder)
    assert [shard.file for shard in index.shards] == [
        f"train-0000{i}-of-00004.tfrecord" for i in range(4)
    ]
    assert sum(shard.groups for shard in index.shards) == index.groups


def test_two_exports_are_the_same_to_the_byte(folder: Path, corpus: Corpus) -> None:
    again = export_tfrecord(corpus, folder.parent / "again", origin=ORIGIN, shards=4)
    assert again == read_index(folder)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_together_read_everything_once(folder: Path, corpus: Corpus, workers: int) -> None:
    parts = [
        gathered(dataset(folder, shard_index=i, shard_count=workers, batch=4))
        for i in range(workers)
    ]
    groups = [set(part["group"]) for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 7
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(whole["position"])
    np.testing.assert_array_equal(whole["position"][order], np.arange(len(corpus)))
    np.testing.assert_array_equal(whole["image"][order][..., 0], corpus.images)
    np.testing.assert_array_equal(whole["mask"][order][..., 0], corpus.masks)
    for name, field in (("label", "labels"), ("has_mask", "has_mask")):
        np.testing.assert_array_equal(whole[name][order], getattr(corpus, field))
    np.testing.assert_array_equal(whole["representative"][order], corpus.representative)
    assert [path.decode() for path in whole["path"][order]] == corpus.paths.tolist()


def test_batches_have_a_known_picture_shape(folder: Path) -> None:
    batches = dataset(folder, batch=10)
    assert batches.element_spec["image"].shape.as_list() == [None, SIDE, SIDE, 1]
    assert [len(one["label"]) for one in batches] == [10, 10, 6]


def test_a_seed_shuffles_anew_every_pass_and_repeatably(folder: Path) -> None:
    in_order = gathered(dataset(folder))["position"]
    batches = dataset(folder, seed=5)
    first, second = (gathered(batches)["position"] for _ in range(2))
    assert sorted(first) == sorted(second) == sorted(in_order)
    assert len({tuple(first), tuple(second), tuple(in_order)}) == 3
    np.testing.assert_array_equal(gathered(dataset(folder, seed=5))["position"], first)


def test_a_worker_needs_only_its_own_shards(folder: Path) -> None:
    shards = read_index(folder).shards
    (folder / shards[1].file).write_bytes(b"")
    found = gathered(dataset(folder, shard_index=0, shard_count=2))
    assert len(found["label"]) == shards[0].pictures + shards[2].pictures
    with pytest.raises(DatasetError, match=f"{shards[1].file} in .* truncated"):
        dataset(folder, shard_index=1, shard_count=2)


@pytest.mark.parametrize(
    ("shard_index", "shard_count", "said"),
    [
        (0, 5, "4 shards cannot feed 5 workers.*at least --shards 5"),
        (2, 2, "no worker 2 of 2"),
        (-1, 2, "no worker -1 of 2"),
    ],
)
def test_workers_that_cannot_be_are_refused(
    folder: Path, shard_index: int, shard_count: int, said: str
) -> None:
    with pytest.raises(DatasetError, match=said):
        dataset(folder, shard_index=shard_index, shard_count=shard_count)


def test_distribution_does_not_divide_the_shards_again(folder: Path) -> None:
    options = dataset(folder).options().experimental_distribute
    assert options.auto_shard_policy.name == "OFF"


def test_without_tensorflow_the_other_format_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(DatasetError, match=r"not installed here. Use `python -m ml.datasets.pack"):
        dataset(folder)


def test_a_pack_is_not_read_as_shards(corpus: Corpus, tmp_path: Path) -> None:
    from ml.training.records.pack import export_pack

    export_pack(corpus, tmp_path / "pack", origin=ORIGIN)
    with pytest.raises(DatasetError, match="is a pack export, not tfrecord"):
        dataset(tmp_path / "pack")
