"""Copies are found whatever was done to them; strangers stay strangers."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from ml.datasets.alignment import pattern, patterns, similarity
from ml.datasets.groups import (
    NEIGHBOUR_SIMILARITY,
    SAME_SLICE,
    Forest,
    Links,
    find_groups,
    find_links,
    is_link,
    patient_key,
)
from ml.datasets.hashing import (
    SYMMETRIES,
    Candidates,
    find_candidates,
    hash_view,
    hash_views,
    search,
    transform,
    views,
)
from tests.ml.datasets.drawing import Gray, head, reencoded, sharpened


def _links(pictures: list[npt.NDArray[np.generic]]) -> Links:
    pairs = [views(p) for p in pictures]
    return find_links(
        np.stack([hash_views(p) for p in pairs]), np.stack([patterns(p) for p in pairs])
    )


def _clusters(pictures: list[npt.NDArray[np.generic]]) -> list[int]:
    return list(find_groups(_links(pictures), [None] * len(pictures))[0])


def _bordered(pixels: Gray) -> Gray:
    return np.pad(pixels, ((10, 40), (25, 5)))


def _bright(pixels: Gray) -> Gray:
    return np.clip(1.3 * pixels.astype(np.float32) + 15, 0, 255).astype(np.uint8)


def _gamma(pixels: Gray) -> Gray:
    return (255 * (pixels / 255.0) ** 0.6).astype(np.uint8)


COPIES: dict[str, Callable[[Gray], npt.NDArray[np.generic]]] = {
    "jpeg 40": lambda p: reencoded(p, 40),
    "half size": lambda p: cv2.resize(p, (80, 80), interpolation=cv2.INTER_AREA),
    "four times, stretched": lambda p: cv2.resize(p, (640, 512), interpolation=cv2.INTER_CUBIC),
    "brighter": _bright,
    "gamma": _gamma,
    "sharpened": sharpened,
    "blurred": lambda p: cv2.GaussianBlur(p, (0, 0), 1.0),
    "another border": _bordered,
    "16 bit": lambda p: p.astype(np.float32) * 37.0 + 120.0,
}


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_every_rotation_and_mirror_of_a_reencoded_copy_joins_its_cluster(symmetry: int) -> None:
    pixels = head(1)
    turned = np.ascontiguousarray(transform(pixels, symmetry))
    assert _clusters([pixels, head(2), reencoded(turned, 70)]) == [0, 1, 0]


@pytest.mark.parametrize("name", COPIES)
def test_altered_copies_join_their_cluster(name: str) -> None:
    for seed in (3, 4, 5):
        pixels = head(seed)
        assert _clusters([pixels, head(99), COPIES[name](pixels)]) == [0, 1, 0]


def test_strangers_are_never_linked() -> None:
    links = _links([head(seed) for seed in range(60)])
    assert len(links.first) == 0


def test_blank_pictures_link_nothing() -> None:
    blank: list[npt.NDArray[np.generic]] = [np.full((90, 90), v, np.uint8) for v in (0, 7, 255)]
    assert _clusters([*blank, head(1)]) == [0, 1, 2, 3]


def test_hash_rows_are_the_hashes_of_the_turned_picture() -> None:
    view = views(head(7))[0]
    rows = hash_view(view)
    assert rows.shape == (8, 4)
    for symmetry in range(SYMMETRIES):
        again = hash_view(np.ascontiguousarray(transform(view, symmetry)))[0]
        assert int(np.bitwise_count(again ^ rows[symmetry]).sum()) <= 4
    assert len({row.tobytes() for row in rows}) == 8


def test_search_equals_brute_force_whatever_the_block() -> None:
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (23, 8, 4), dtype=np.uint64)
    hashes[11, 3] = hashes[4, 0] ^ np.uint64(1)
    expected = {
        (i, j): min(
            int(np.bitwise_count(hashes[i, g] ^ hashes[j, 0]).sum()) for g in range(SYMMETRIES)
        )
        for i in range(23)
        for j in range(i + 1, 23)
    }
    for block in (1, 7, 64):
        found = search(hashes, 110, block=block)
        pairs = zip(found.first.tolist(), found.second.tolist(), strict=True)
        assert dict(zip(pairs, found.distance.tolist(), strict=True)) == {
            pair: d for pair, d in expected.items() if d <= 110
        }


def test_candidates_come_nearest_first_and_once_a_symmetry() -> None:
    pixels = head(8)
    pictures = [pixels, reencoded(pixels, 60), sharpened(pixels), head(9)]
    found = find_candidates(np.stack([hash_views(views(p)) for p in pictures]), 200)
    assert list(found.distance) == sorted(found.distance)
    keys = list(zip(found.first, found.second, found.symmetry, strict=True))
    assert len(keys) == len(set(keys))
    assert len(found) == len(keys)


def test_search_of_nothing_is_empty() -> None:
    assert len(search(np.empty((0, 8, 4), np.uint64), 64)) == 0


def test_similarity_tolerates_a_small_shift_and_not_a_large_one() -> None:
    view = views(head(10))[0]
    shifted = [np.roll(view, (4, -5), (0, 1)), np.roll(view, 40, 1)]
    stored = np.stack([np.stack([pattern(v)] * 2) for v in (view, *shifted)]).astype(np.float16)
    pairs = Candidates(*np.array([[0, 0], [1, 2], [0, 0], [0, 0]]))
    near, far = similarity(stored, pairs)
    assert near > SAME_SLICE
    assert far < 0.5


def test_pattern_has_norm_one_or_is_empty() -> None:
    assert np.linalg.norm(pattern(views(head(11))[0])) == pytest.approx(1.0, abs=1e-5)
    assert not pattern(np.full((128, 128), 3.0, np.float32)).any()


def test_link_rule_asks_more_of_pairs_far_apart_by_hash() -> None:
    alike = np.array([0.75, 0.75, 0.89, 0.89, NEIGHBOUR_SIMILARITY], np.float32)
    distance = np.array([20, 40, 40, 60, 64])
    assert list(is_link(alike, distance)) == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("patient", "key"),
    [("MR040240", "MR040240"), ("MR040240B", "MR040240"), ("100360", "100360"), ("88A", "88A")],
)
def test_patient_key_cuts_the_suffix_of_mr_ids_only(patient: str, key: str) -> None:
    assert patient_key(patient) == key


def test_groups_follow_patients_and_links_transitively() -> None:
    links = Links(
        first=np.array([0, 2]),
        second=np.array([1, 3]),
        same_slice=np.array([True, False]),
        similarity=np.array([0.99, 0.9], np.float32),
        distance=np.array([2, 30]),
    )
    clusters, groups = find_groups(links, [None, "a", "a", None, "b", None])
    assert list(clusters) == [0, 0, 2, 3, 4, 5]
    assert list(groups) == [0, 0, 0, 0, 4, 5]


def test_forest_keeps_the_smallest_member_as_root() -> None:
    forest = Forest(5)
    forest.join(4, 3)
    forest.join(3, 1)
    assert list(forest.roots()) == [0, 1, 2, 1, 1]
