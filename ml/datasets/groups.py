"""Near-duplicate clusters and patient groups, computed from the pixels of all sources.

- **cluster**: pictures of the same slice (re-encoded, resized, mirrored, rotated, sharpened …):
  similarity after alignment of at least `SAME_SLICE`, linked transitively.
- **group**: pictures of the same person as far as can be known: same figshare patient id (letter
  suffix of ``MR…`` ids cut off), same cluster, or a neighbouring slice, linked transitively
  across all sources.

How the thresholds were chosen: figshare's patient ids tell strangers from one patient. Of its
3.7 million pairs of slices from different ids none reached similarity 0.88, so 0.90 marks the
same slice or a near-identical neighbour; 0.92 keeps nearly all neighbours (7 mm apart) out of a
cluster. Under 0.90 similarity and hash distance decide together: at
``similarity - 0.008 × distance >= 0.50`` about 850 pairs of one patient are linked and 7 pairs of
different ids, one of which shows the same tumour in the same head under two ids. Erring towards
larger groups costs a little balance and leaks nothing; `python -m ml.datasets.splits` writes the
figures measured on the sets in hand to ``data/splits/summary.json``.

Limits: two slices far apart in the head of one person without a patient id (Br35H, parts of the
other sets) cannot be recognised as one person.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.datasets.alignment import similarity
from ml.datasets.hashing import Candidates, HashArray, find_candidates
from ml.results import BoolArray, FloatArray

__all__ = [
    "NEIGHBOUR_SIMILARITY",
    "SAME_SLICE",
    "Forest",
    "Links",
    "find_groups",
    "find_links",
    "is_link",
    "patient_key",
]

SAME_SLICE: Final[float] = 0.92
"""Similarity from which two pictures show the same slice."""

NEIGHBOUR_SIMILARITY: Final[float] = 0.90
"""Similarity from which two pictures show one person whatever the hashes say."""

_LINK_LEVEL: Final[float] = 0.50
_LINK_SLOPE: Final[float] = 0.008
_BATCH: Final[int] = 4096


@dataclass(frozen=True)
class Links:
    """Pairs of pictures that belong together.

    Attributes:
        first: (K,) position of one picture.
        second: (K,) position of the other.
        same_slice: (K,) True: one cluster; False: only one group.
        similarity: (K,) float32, after alignment.
        distance: (K,) hash distance, 0..256.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    same_slice: BoolArray
    similarity: FloatArray
    distance: npt.NDArray[np.int64]


class Forest:
    """Union-find with path halving; the smallest position is the root, so ids are stable."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, item: int) -> int:
        """Root of the tree that holds `item`."""
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, first: int, second: int) -> None:
        """Put both items into one tree."""
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low

    def roots(self) -> npt.NDArray[np.int64]:
        """Root of every item, (N,) int64."""
        return np.array([self.find(i) for i in range(len(self._parent))], dtype=np.int64)


def is_link(alike: FloatArray, distance: npt.NDArray[np.int64]) -> BoolArray:
    """Whether pairs show one person: `alike` (K,) similarity, `distance` (K,) hash distance."""
    return (alike >= NEIGHBOUR_SIMILARITY) | (alike - _LINK_SLOPE * distance >= _LINK_LEVEL)


def find_links(hashes: HashArray, stored: npt.NDArray[np.float16]) -> Links:
    """All links needed for clusters and groups.

    Candidates are looked at nearest first; a pair that earlier links already put into one
    cluster is passed over, because it can add nothing.

    Args:
        hashes: (N, 2, 8, 4) uint64 of `ml.datasets.hashing.hash_views`.
        stored: (N, 2, 96, 96) patterns of `ml.datasets.alignment.patterns`.
    """
    candidates = find_candidates(hashes)
    forest = Forest(len(hashes))
    found: list[tuple[npt.NDArray[np.generic], ...]] = []
    for start in range(0, len(candidates), _BATCH):
        pairs = _some(candidates, slice(start, start + _BATCH))
        roots = forest.roots()
        pairs = _some(pairs, roots[pairs.first] != roots[pairs.second])
        alike = similarity(stored, pairs)
        linked = is_link(alike, pairs.distance)
        same = alike >= SAME_SLICE
        for i, j in zip(pairs.first[same], pairs.second[same], strict=True):
            forest.join(int(i), int(j))
        found.append(
            (
                pairs.first[linked],
                pairs.second[linked],
                same[linked],
                alike[linked],
                pairs.distance[linked],
            )
        )
    columns = (
        [np.concatenate(column) for column in zip(*found, strict=True)]
        if found
        else [np.empty(0, dtype) for dtype in (np.int64, np.int64, np.bool_, np.float32, np.int64)]
    )
    return Links(*columns)


def _some(pairs: Candidates, chosen: slice | BoolArray) -> Candidates:
    return Candidates(
        pairs.first[chosen], pairs.second[chosen], pairs.symmetry[chosen], pairs.distance[chosen]
    )


def patient_key(patient_id: str) -> str:
    """Patient id with the letter suffix of ``MR…`` ids (a repeat scan) cut off."""
    return re.sub(r"^(MR\d+)[A-Z]+$", r"\1", patient_id)


def find_groups(
    links: Links, patients: Sequence[Hashable | None]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cluster and group of every picture.

    Args:
        links: from `find_links`.
        patients: person each picture is known to show, or None; of all N pictures.

    Returns:
        (N,) cluster and (N,) group, each the position of its first member.
    """
    clusters, groups = Forest(len(patients)), Forest(len(patients))
    for i, j, same in zip(links.first, links.second, links.same_slice, strict=True):
        groups.join(int(i), int(j))
        if same:
            clusters.join(int(i), int(j))
    seen: dict[Hashable, int] = {}
    for position, patient in enumerate(patients):
        if patient is not None:
            groups.join(position, seen.setdefault(patient, position))
    return clusters.roots(), groups.roots()
