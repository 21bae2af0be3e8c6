"""Invented figures of conflicts and the look-up in the agreed form, for tests of screens."""

from ml.evaluation.copies import KINDS as COPIES
from ml.inference.conflicts import KINDS
from tests.app.fakes import interval


def _interval(value: float) -> dict[str, float]:
    return {"value": value, "low": round(value - 0.12, 4), "high": round(value + 0.08, 4)}


def case(number: int, right: float) -> dict[str, object]:
    """One case that occurred so often, and in which the class was so often right."""
    return {
        "n_pictures": number,
        "n_groups": number // 2,
        "share": _interval(0.2),
        "accuracy": _interval(right),
        "n_outlines": number,
        "dice": _interval(0.5),
    }


def contradicted() -> dict[str, object]:
    """What conflicts and agreement meant; the heat maps are never elsewhere."""
    return {
        "split_id": "test-split",
        "protocol": "TEST FIGURES of conflicts.",
        "least_heat_ratio": 0.0,
        "chosen_on": "ratio that was invented",
        "networks": 3,
        "same_networks": True,
        "all": case(1234, 0.9),
        "none": case(900, 0.97),
        "any": case(334, 0.7),
        "conflicts": {kind: case(20 + 2 * i, 0.41 + 0.1 * i) for i, kind in enumerate(KINDS)},
        "agreement": {"3": case(888, 0.96), "2": case(222, 0.73), "1": case(0, 0.0)}
        | {"0": case(1, 0.5)},
    }


def looked_up() -> dict[str, object]:
    """Invented figures of the look-up among the training pictures, in the agreed form."""
    size = {"n_pictures": 321, "n_groups": 123}
    return {
        "protocol": "TEST FIGURES of a look-up.",
        "max_distance": 28,
        "index": {"sha256": "0" * 64, "n_pictures": 4321},
        "hits": {**size, "share": interval(0.97)},
        "hits_by_kind": {name: {**size, "share": interval(0.95)} for name in COPIES},
        "false_hits": {
            "validation": {**size, "share": interval(0.041)},
            "test": {**size, "share": interval(0.043)},
        },
        "ms": {"median": 5.4, "p95": 9.6, "n": 321},
    }
