"""Copies of training pictures are recognised; another head is not; a bad index is said."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from ml.datasets.hashing import BITS, SYMMETRIES, transform
from ml.errors import MembershipError
from ml.inference import membership
from ml.inference.membership import (
    COMMAND,
    FIGURES_FILE,
    INDEX_FILE,
    Membership,
    TrainingIndex,
    load,
    load_index,
    save_index,
)
from ml.phantom import draw
from tests.ml.datasets.drawing import head
from tests.ml.fakes import index_of

LIMIT = 32
SIZE = 128
KNOWN = (3, 4, 5, 6)


@cache
def scan(seed: int) -> npt.NDArray[np.float32]:
    """A simulated slice of one person, (128, 128) float32."""
    return draw("glioma", seed=seed, size=SIZE).pixels


@pytest.fixture(scope="module")
def known() -> Membership:
    return Membership(index_of(*(scan(seed) for seed in KNOWN)), LIMIT)


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_every_turn_and_mirror_image_is_found(known: Membership, symmetry: int) -> None:
    found = known.of(np.ascontiguousarray(transform(scan(3), symmetry)))
    assert found is not None
    assert found.distance <= 4
    assert found.source == "sartaj"


def reencoded(pixels: npt.NDArray[np.float32], quality: int) -> npt.NDArray[np.float32]:
    grey = cv2.normalize(pixels, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.float32)


COPIES = {
    "jpeg 30": lambda p: reencoded(p, 30),
    "128 px": lambda p: cv2.resize(p, (128, 128), interpolation=cv2.INTER_AREA),
    "512 px": lambda p: cv2.resize(p, (512, 512)),
    "1500 px, averaged down first": lambda p: cv2.resize(p, (1500, 1500)),
    "other units": lambda p: 17.0 * p + 400.0,
    "wide border": lambda p: np.pad(p, ((30, 60), (20, 10))),
    "cut at every edge": lambda p: p[4:-4, 4:-4],
}


@pytest.mark.parametrize("name", COPIES)
def test_altered_copies_are_found(known: Membership, name: str) -> None:
    for seed in (4, 6):
        found = known.of(COPIES[name](scan(seed)))
        assert found is not None
        assert found.source == "br35h"


def test_a_cut_copy_is_nearer_with_its_rim_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that fills its frame: cutting the edges moves everything."""
    tight = scan(5)[20:-20, 20:-20]
    index = index_of(tight)
    cut = tight[3:-3, 3:-3]
    with_rims = index.nearest(cut).distance
    monkeypatch.setattr(membership, "_RIMS", (0,))
    assert with_rims < index.nearest(cut).distance


def test_other_heads_are_not_found(known: Membership) -> None:
    strangers = [*(scan(seed) for seed in (100, 101, 102)), *(head(seed) for seed in range(30))]
    assert min(known.index.nearest(one).distance for one in strangers) > LIMIT
    assert [known.of(one) for one in strangers] == [None] * len(strangers)


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_a_blank_picture_is_no_copy(known: Membership, level: float) -> None:
    assert known.of(np.full((90, 70), level, np.float32)) is None


def test_the_distance_decides(known: Membership) -> None:
    copy = reencoded(scan(5), 20)
    found = known.of(copy)
    assert found is not None
    assert 0 < found.distance <= BITS
    assert Membership(known.index, found.distance).of(copy) == found
    assert Membership(known.index, found.distance - 1).of(copy) is None


def test_an_index_comes_back_as_written_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    index = index_of(scan(3), scan(4), scan(5))
    files = [tmp_path / name for name in ("a.safetensors", "deep/b.safetensors")]
    for file in files:
        save_index(index, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    again = load_index(files[0])
    np.testing.assert_array_equal(again.words, index.words)
    np.testing.assert_array_equal(again.sources, index.sources)
    assert (again.names, again.split_id) == (index.names, "split")


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "empty"])
def test_a_missing_or_damaged_index_names_the_command(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "index.safetensors"
    save_index(index_of(scan(3)), file)
    content = {"cut": file.read_bytes()[:-9], "text": b"not an index at all", "empty": b""}
    file.unlink()
    if damage != "missing":
        file.write_bytes(content[damage])
    words = "missing" if damage == "missing" else "damaged"
    with pytest.raises(MembershipError, match=words) as raised:
        load(file, FIGURES_FILE)
    assert COMMAND in str(raised.value)


def test_arrays_that_do_not_fit_are_refused() -> None:
    good = index_of(scan(3), scan(4))
    for change in (
        {"words": good.words[..., :1]},
        {"words": good.words.astype(np.int64)},
        {"names": ("sartaj",)},
        {"sources": good.sources[:0], "words": good.words[..., :0]},
    ):
        with pytest.raises(ValueError, match="pictures"):
            TrainingIndex(**{**vars(good), **change})


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"max_distance": "near"}'])
def test_without_a_chosen_distance_nothing_is_told(tmp_path: Path, content: str | None) -> None:
    figures = tmp_path / "membership.json"
    if content is not None:
        figures.write_text(content)
    with pytest.raises(MembershipError, match=r"ml\.evaluation --parts membership"):
        load(INDEX_FILE, figures)


def test_a_distance_chosen_for_another_index_is_refused(tmp_path: Path) -> None:
    index, figures = tmp_path / "index.safetensors", tmp_path / "membership.json"
    save_index(index_of(scan(3)), index)
    figures.write_text(json.dumps({"max_distance": 30, "index": {"sha256": "0" * 64}}))
    with pytest.raises(MembershipError, match="not the one that was measured"):
        load(index, figures)


def test_the_shipped_index_takes_no_simulated_scan_for_a_training_picture() -> None:
    shipped = load()
    assert set(shipped.index.names) >= {"sartaj", "figshare"}
    assert [shipped.of(scan(seed)) for seed in KNOWN] == [None] * len(KNOWN)
    assert shipped.digest in shipped.mark
    assert str(shipped.max_distance) in shipped.mark
