"""The figures of the heat maps, from their rows: `assets/metrics/explanations.json`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.explanation_rows import (
    QUARTER,
    SLOW,
    UNTRAINED,
    ExplanationRow,
    SanityRow,
    choose_method,
    choose_network,
    choose_width,
    gaussian,
    validation_energy,
)
from ml.evaluation.explanation_scores import TOLERANCE
from ml.evaluation.intervals import (
    DRAWS,
    Interval,
    Numbers,
    interval_of,
    ratio,
    resample,
    weighted_mean,
)
from ml.evaluation.outline_summary import counts
from ml.evaluation.published_explanations import COMMAND
from ml.inference.explain import METHODS

RULE: Final[str] = (
    "highest energy in the mask, mean over the networks, on the validation part of "
    "data/splits/clean.csv, among the methods that a screen can draw"
)
PROTOCOL: Final[str] = (
    "Test pictures with a radiologist's mask, one a near-duplicate cluster; the map of the class "
    "that the network put first, right or wrong, on the scan's own pixels. Energy: share of the "
    "map's positive values that lies inside the mask; a map without any is left out and counted. "
    f"Pointing game: the maximum lies in the mask or at most {TOLERANCE:.0%} of the longer side "
    "away. Centred Gaussian: at the middle of the head's box, once with the standard deviation of "
    "a quarter of its side and once with the one that does best on validation. Untrained network: "
    "the same architecture with fresh weights, fixed seed, normalisation of scale 1 and statistics "
    "of validation pictures, same method, mean over three random heads. HiRes-CAM is drawn on the "
    "feature map of stride 4. Score-CAM in its faster form (the ten channels that vary most) takes "
    "many forward passes: it is compared with the others on a part of the pictures, drawn by hash, "
    "one of every patient group first. The method was chosen on the validation part. Sanity check "
    "on the test pictures of that part: weights drawn anew from the head downward, Spearman's rank "
    "correlation of the positive maps on the map's own grid. Intervals: 95 % percentile bootstrap "
    f"over patient groups, {DRAWS} draws."
)

Scores = Mapping[tuple[str, str], Sequence[ExplanationRow]]
"""[network, method] → rows, all of the same pictures in the same order."""


def explanation_figures(
    rows: Sequence[ExplanationRow], sanity: Sequence[SanityRow], *, draws: int = DRAWS
) -> dict[str, Any]:
    """The content of explanations.json, with `Interval` leaves.

    Args:
        rows: all scored maps.
        sanity: all comparisons with drawn weights.
        draws: of the bootstrap.

    Raises:
        MetricsError: a method was not scored on the same pictures as the others.
    """
    method, width = choose_method(rows), choose_width(rows)
    gaussians = {"quarter": QUARTER, "best": width}
    whole = _test_scores(rows, METHODS, gaussians)
    first = next(iter(whole.values()))
    weights = resample([row.group for row in first], draws=draws)
    return {
        "protocol": PROTOCOL,
        **counts([row.group for row in first]),
        "default": method,
        "network": choose_network(rows, method),
        "chosen_on": RULE,
        "validation": validation_energy(rows, METHODS),
        "gaussians": {
            name: {"sigma": sigma, **_figures(whole["", gaussian(sigma)], weights)}
            for name, sigma in gaussians.items()
        },
        "networks": {
            name: _network(name, whole, weights, (method, gaussians))
            for name in dict.fromkeys(network for network, _ in whole if network)
        },
        "part": _part(rows, gaussians, draws),
        "sanity": _sanity(sanity, draws),
    }


def _test_scores(
    rows: Sequence[ExplanationRow], methods: Sequence[str], gaussians: Mapping[str, float]
) -> Scores:
    """Test rows of methods and baselines by network and method, pictures by path.

    Raises:
        MetricsError: the pictures are not the same for all, or there is none.
    """
    methods = (*methods, UNTRAINED, *map(gaussian, gaussians.values()))
    found: dict[tuple[str, str], list[ExplanationRow]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if row.split == "test" and row.method in methods:
            found.setdefault((row.network, row.method), []).append(row)
    pictures = {tuple(row.id for row in part) for part in found.values()}
    if len(pictures) != 1 or {method for _, method in found} != set(methods):
        raise MetricsError(f"the rows of the heat maps do not fit together; run `{COMMAND}`")
    return found


def _network(
    name: str, whole: Scores, weights: Numbers, how: tuple[str, Mapping[str, float]]
) -> dict[str, Any]:
    """Every method of one network, and the chosen one against the baselines."""
    method, gaussians = how
    mine = _energy(whole[name, method], weights)
    baselines = {key: whole["", gaussian(sigma)] for key, sigma in gaussians.items()}
    baselines[UNTRAINED] = whole[name, UNTRAINED]
    return {
        "methods": {m: _figures(whole[name, m], weights) for m in METHODS},
        UNTRAINED: _figures(whole[name, UNTRAINED], weights),
        "times": {
            key: interval_of(ratio(mine, _energy(rows, weights))) for key, rows in baselines.items()
        },
    }


def _part(
    rows: Sequence[ExplanationRow], gaussians: Mapping[str, float], draws: int
) -> dict[str, Any]:
    """All methods and baselines on the pictures that the slow methods were measured on."""
    slow = {row.id for row in rows if row.method in SLOW}
    some = [row for row in rows if row.id in slow]
    part = _test_scores(some, (*METHODS, *SLOW), gaussians)
    groups = [row.group for row in next(iter(part.values()))]
    weights = resample(groups, draws=draws)
    networks: dict[str, dict[str, Any]] = {}
    for (name, method), scores in part.items():
        networks.setdefault(name, {})[method] = _figures(scores, weights)
    centred = networks.pop("")
    return {
        "validation": validation_energy(some, (*METHODS, *SLOW)),
        **counts(groups),
        "gaussians": {key: centred[gaussian(sigma)] for key, sigma in gaussians.items()},
        "networks": networks,
    }


def _figures(rows: Sequence[ExplanationRow], weights: Numbers) -> dict[str, Any]:
    hits = np.array([row.hit for row in rows])
    return {
        "energy": interval_of(_energy(rows, weights)),
        "hit": interval_of(weighted_mean(hits, weights)),
        "empty": sum(math.isnan(row.energy) for row in rows),
    }


def _energy(rows: Sequence[ExplanationRow], weights: Numbers) -> Numbers:
    return weighted_mean(np.array([row.energy for row in rows]), weights)


def _sanity(rows: Sequence[SanityRow], draws: int) -> dict[str, Any]:
    """[network] → [step] → mean rank correlation."""
    parts: dict[str, dict[str, list[SanityRow]]] = {}
    for row in rows:
        parts.setdefault(row.network, {}).setdefault(row.step, []).append(row)
    networks: dict[str, dict[str, Interval]] = {}
    for name, steps in parts.items():
        networks[name] = {}
        for step, members in steps.items():
            weights = resample([row.group for row in members], draws=draws)
            values = np.array([row.correlation for row in members])
            networks[name][step] = interval_of(weighted_mean(values, weights))
    groups = {row.id: row.group for row in rows}
    return {**counts(list(groups.values())), "networks": networks}
