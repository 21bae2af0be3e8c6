"""Words of the heat maps: what draws them, and how well they point at a tumour."""

from typing import Final

from app.texts import HEAT_METHODS, count, model
from ml.evaluation.published import Interval
from ml.evaluation.published_explanations import ExplanationFigures, NetworkMaps

HEADING: Final = "Where it looked"
NOT_MEASURED: Final = (
    "How well the heat maps point at a tumour was not measured yet. "
    "`python -m ml.evaluation --parts explanations` fills this part."
)
ENERGY: Final = "Energy in the mask"
HIT: Final = "Pointing game"
METHOD: Final = "Method"
ON_SCREEN: Final = "on screen"
UNTRAINED: Final = "Untrained network"
SLOW_NOTE: Final = "Score-CAM takes many passes; here beside the others on the same pictures"
SANITY_STEP: Final = "Rank correlation, drawn anew"
SANITY: Final = "Sanity check: does the map change when weights are drawn anew?"
SANITY_STEPS: Final[dict[str, str]] = {
    "head": "Head only",
    "stride_32": "Head and stride 32",
    "stride_16": "… and stride 16",
    "stride_8": "… and stride 8",
    "whole": "Whole network",
}
BASELINES: Final[dict[str, str]] = {
    "quarter": "the wide Gaussian",
    "best": "the best Gaussian",
    "untrained": "the untrained network",
}
TIMES: Final = "Energy of the map on screen, times that of"
ENOUGH: Final = 2.0
"""How many times a baseline a map should have to count as pointing at the tumour."""


def size(found: ExplanationFigures) -> str:
    """What was asked, and of how many pictures."""
    return (
        "How much of a heat map lies inside the outline that a radiologist drew, and whether its "
        f"hottest place is in it. {count(found.n_pictures, 'pictures')} of "
        f"{count(found.n_groups, 'patient groups')}. "
        "In brackets: 95 % interval, bootstrap over patient groups."
    )


def gaussian(name: str, sigma: float) -> str:
    """A centred Gaussian by its width."""
    best = ", best on validation" if name == "best" else ""
    return f"Centred Gaussian, σ {sigma:g} of the head{best}"


def verdict(found: ExplanationFigures) -> str:
    """Which networks' default map has twice the energy of every baseline, said plainly."""
    held = [
        f"{model(name)}: {', '.join(met) if met else 'none of them'}"
        for name, network in found.networks.items()
        for met in [[BASELINES[key] for key in BASELINES if _twice(network, key)]]
    ]
    return (
        f"The map on screen, {HEAT_METHODS.get(found.default, found.default)}, has at least twice "
        f"the energy in the mask of: {'; '.join(held)}."
    )


def _twice(network: NetworkMaps, key: str) -> bool:
    value = network.times.get(key, Interval()).value
    return value is not None and value >= ENOUGH


def part(found: ExplanationFigures) -> str:
    """Heading of the slow methods."""
    return f"{SLOW_NOTE} ({count(found.n_part, 'pictures')})."


def method(name: str, default: str) -> str:
    """A method's name at the head of a row, the one on screen marked."""
    return f"{_title(name)} ({ON_SCREEN})" if name == default else _title(name)


def _title(name: str) -> str:
    title = HEAT_METHODS.get(name, name)
    return title[:1].upper() + title[1:]


def worth(found: ExplanationFigures, name: str, method: str) -> str:
    """What a network's heat map is worth, in one sentence; "" where it was not measured."""
    network = found.networks.get(name)
    if network is None or method not in network.methods:
        return ""
    shares = (
        network.methods[method].energy,
        found.gaussians["quarter"][1].energy,
        found.gaussians["best"][1].energy,
        network.untrained.energy,
    )
    mine, wide, best, untrained = (_share(one) for one in shares)
    return (
        f"{_title(method)}. On held-out pictures {mine} of {model(name)}'s map "
        f"lay inside the tumour; of a centred blob {wide} (at its best width {best}), of an "
        f"untrained network's map {untrained}."
    )


def _share(interval: Interval) -> str:
    if interval.value is None:
        return "an unknown share"
    return f"{interval.value:.1%}".replace("%", " %")
