"""Dealing groups into parts of fixed shares, balanced over several counts at once."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.results import BoolArray

__all__ = ["deal"]

Counts = npt.NDArray[np.float64]
_PASSES: Final[int] = 50


def deal(
    sizes: Mapping[int, Counts],
    shares: Sequence[float],
    *,
    seed: int,
    largest: float = 1.0,
) -> dict[int, int]:
    """Deal groups into parts so that every count comes close to its share in every part.

    Largest groups first, each where the chi-square distance between counts and targets grows
    least; then groups are moved one at a time as long as that lowers the distance.
    Deterministic: the order of equals follows a hash of seed and group, not the mapping's order.

    Args:
        sizes: group → (S,) what it adds to each of S counts, all >= 0.
        shares: share of each part; part 0 is the one that takes very large groups.
        seed: another seed deals another way.
        largest: a group that holds more than this share of any count's target in the smallest
            part goes to part 0, so that no held-out figure hangs on one person; 1 or more: no
            such rule.

    Returns:
        Group → part.
    """
    if not sizes:
        return {}
    order = sorted(sizes, key=lambda group: (-float(sizes[group].sum()), _shuffle(seed, group)))
    table = np.stack([sizes[group] for group in order])  # (G, S)
    share = np.asarray(shares, dtype=np.float64) / np.sum(shares)
    target = share[:, None] * table.sum(axis=0)[None, :]  # (P, S)
    limit = np.maximum(largest * target.min(axis=0), 1.0)
    fixed = np.any(table > limit, axis=1) if largest < 1.0 else np.zeros(len(order), np.bool_)
    return dict(zip(order, _dealt(table, target, fixed), strict=True))


def _dealt(table: Counts, target: Counts, fixed: BoolArray) -> list[int]:
    """Part of every group; `table` (G, S), `target` (P, S), `fixed` (G,) to part 0."""
    filled = np.zeros_like(target)
    parts = [-1] * len(table)
    for _ in range(_PASSES):
        before = list(parts)
        for i, size in enumerate(table):
            if parts[i] >= 0:
                filled[parts[i]] -= size
            parts[i] = 0 if fixed[i] else _cheapest(filled, size, target)
            filled[parts[i]] += size
        if parts == before:
            break
    return parts


def _cheapest(filled: Counts, size: Counts, target: Counts) -> int:
    miss = filled - target
    growth = ((miss + size) ** 2 - miss**2) / np.maximum(target, 1.0)  # (P, S)
    return int(np.argmin(growth.sum(axis=1)))


def _shuffle(seed: int, group: int) -> str:
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()
