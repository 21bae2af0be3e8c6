"""Packs: files of bounded size, read with or without OpenCV, and nothing else installed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.errors import DatasetError
from ml.training.corpus import Corpus
from ml.training.records import read_corpus
from ml.training.records.index import read_index
from ml.training.records.pack import MIB, export_pack, file_bounds
from ml.training.records.pictures import decode, encode
from ml.training.records.place import REPOSITORY
from tests.ml.training.records.conftest import ORIGIN, assert_same, random_corpus

# As on a machine that has neither what trains here nor what prepares pictures.
BARE = """
import sys
for name in ("cv2", "tensorflow", "keras", "h5py", "tqdm"):
    sys.modules[name] = None
from pathlib import Path
from ml.training.records import read_arrays
arrays = read_arrays(Path(sys.argv[1]))
print(len(arrays["labels"]), int(arrays["images"].sum()), arrays["paths"][3])
"""


def test_no_file_is_larger_than_asked_and_none_could_hold_more(tmp_path: Path) -> None:
    corpus = random_corpus(side=220)  # noise does not compress: 26 × 48 kB and masks
    index = export_pack(corpus, tmp_path / "pack", origin=ORIGIN, mib=1)
    sizes = [shard.size for shard in index.shards]
    assert len(sizes) == 2
    assert max(sizes) <= MIB
    assert min(sizes[:-1]) > MIB - 60_000
    assert index.shards[0].file == "train-00000-of-00002.npz"
    assert_same(read_corpus(tmp_path / "pack"), corpus)


def test_files_hold_pictures_in_order() -> None:
    assert file_bounds([4, 4, 4, 9, 1], 10) == [0, 2, 3, 5]
    assert file_bounds([10, 10], 10) == [0, 1, 2]
    with pytest.raises(DatasetError, match=r"One picture takes 11 bytes.*larger --mib"):
        file_bounds([3, 11], 10)
    with pytest.raises(DatasetError, match="no picture to pack"):
        file_bounds([], 10)


def test_one_picture_a_cluster_travels_like_any_other_corpus(
    corpus: Corpus, tmp_path: Path
) -> None:
    chosen = corpus.select(corpus.representative)
    export_pack(chosen, tmp_path / "pack", origin=ORIGIN)
    found = read_corpus(tmp_path / "pack")
    assert_same(found, chosen)
    assert len(found) == len(set(found.clusters)) == read_index(tmp_path / "pack").clusters


def test_reading_needs_numpy_and_pillow_only(corpus: Corpus, tmp_path: Path) -> None:
    export_pack(corpus, tmp_path / "pack", origin=ORIGIN)
    asked = [sys.executable, "-c", BARE, str(tmp_path / "pack")]
    answer = subprocess.run(
        asked, cwd=REPOSITORY, capture_output=True, check=False, timeout=120, encoding="utf-8"
    )
    assert answer.stdout.split(maxsplit=2) == [
        str(len(corpus)),
        str(int(corpus.images.sum())),
        f"{corpus.paths[3]}\n",
    ], answer.stderr


@pytest.mark.parametrize("reader", ["cv2", "pillow"])
@pytest.mark.parametrize("writer", ["cv2", "pillow"])
def test_either_library_reads_what_either_wrote(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, writer: str, reader: str
) -> None:
    with monkeypatch.context() as without:
        if writer == "pillow":
            without.setitem(sys.modules, "cv2", None)
        content = encode(corpus.images[0])
    if reader == "pillow":
        monkeypatch.setitem(sys.modules, "cv2", None)
    found = decode(content)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, corpus.images[0])
    for damaged in (b"", b"no picture", content[:40]):
        with pytest.raises(DatasetError, match="no grey 8-bit PNG"):
            decode(damaged)


def test_masks_and_dark_pictures_take_next_to_nothing() -> None:
    assert len(encode(np.zeros((208, 208), np.uint8))) < 300
