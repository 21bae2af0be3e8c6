"""A tiny engine and drawn scans for the tests of screens; the app itself knows neither.

The engine's answers are computed from its input, so that another picture gives another
answer, and it counts its calls, so that a test can see when a network was called again.
"""

import io
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from ml.inference.engine import BoxOutput, NetworkOutput
from ml.labels import CLASSES
from ml.results import FloatArray

# Rows: mean level, bright spots, dark parts, edge strength. Columns: the four classes.
_KERNELS = {
    "mobilenet": [[2, -1, 1, 0], [260, 40, -260, 30], [-1, 0, 2, -1], [8, 20, -10, 5]],
    "xception": [[1, 0, 1, 0], [230, 60, -220, 20], [-1, 0, 2, -1], [6, 12, -8, 5]],
    "resnet50": [[0, 1, 1, 1], [60, 170, -200, 40], [-1, 0, 2, -1], [4, 16, -9, 5]],
}


REGISTRY = {
    name: {"input_size": 160, "parameters": 1, "file": "none", "sha256": f"{number:064x}"}
    for number, name in enumerate((*_KERNELS, "unet"))
}
"""What `ml.models.registry.published` gives where the tests' engine runs."""


class FakeEngine:
    """Stands in for the networks in tests of screens only."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def classify(self, name: str, batch: FloatArray) -> NetworkOutput:
        self.calls[name] += 1
        features = np.stack([_features(picture[..., 0]) for picture in batch])
        logits = features.mean(axis=(1, 2)) @ self.head(name)
        return NetworkOutput(logits=logits.astype(np.float32), features=features)

    def attribute(self, name: str, batch: FloatArray, labels: Sequence[int]) -> FloatArray:
        self.calls[f"{name} backward"] += 1
        every = np.stack([_features(picture[..., 0]) for picture in batch]) @ self.head(name)
        return np.stack([one[..., label] for one, label in zip(every, labels, strict=True)])

    def head(self, name: str) -> FloatArray:
        return np.array(_KERNELS[name], dtype=np.float32)

    def segment(self, batch: FloatArray) -> FloatArray:
        self.calls["unet"] += 1
        smooth = np.stack([cv2.GaussianBlur(picture[..., 0], (0, 0), 1.5) for picture in batch])
        return (1 / (1 + np.exp(-30 * (smooth - 0.78)))).astype(np.float32)

    def detect(self, batch: FloatArray) -> BoxOutput:
        self.calls["detector"] += 1
        boxes = np.tile(np.array([0.25, 0.3, 0.75, 0.7], np.float32), (len(batch), 1, 1))
        logits = np.tile(np.array([2.0, 0.0, 0.0, 0.0], np.float32), (len(batch), 1, 1))
        return BoxOutput(boxes, logits)

    def fingerprint(self, name: str) -> str:
        return f"fake-{name}".encode().hex().ljust(64, "0")


def _features(picture: FloatArray) -> FloatArray:
    """(S, S) → (10, 10, 4)."""
    edges = np.abs(cv2.Laplacian(picture, cv2.CV_32F))
    maps = (picture, np.maximum(picture - 0.78, 0), np.maximum(0.1 - picture, 0), edges)
    small = [cv2.resize(values, (10, 10), interpolation=cv2.INTER_AREA) for values in maps]
    return np.stack(small, axis=-1).astype(np.float32)


def head(*, lesion: bool = True, side: int = 256) -> np.ndarray:
    """A drawn head, (side, side) uint8, with a bright round lesion or without."""
    picture = np.zeros((side, side), np.uint8)
    center, axes = (side // 2, side // 2), (int(side * 0.36), int(side * 0.45))
    cv2.ellipse(picture, center, axes, 0, 0, 360, 170, -1)
    cv2.ellipse(picture, center, (axes[0] - 8, axes[1] - 8), 0, 0, 360, 95, -1)
    for x in (-1, 1):
        spot = (center[0] + x * side // 16, center[1])
        cv2.ellipse(picture, spot, (side // 28, side // 9), 0, 0, 360, 45, -1)
    spot = (int(side * 0.62), int(side * 0.36))
    if lesion:
        cv2.ellipse(picture, spot, (side // 11, side // 14), 30, 0, 360, 235, -1)
    noise = np.random.default_rng(7).normal(0, 6, picture.shape)
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.2)
    return np.clip(soft + noise * (soft > 10), 0, 255).astype(np.uint8)


def png(picture: np.ndarray) -> bytes:
    """A greyscale PNG of (H, W) uint8."""
    Image.fromarray(picture).save(stream := io.BytesIO(), "PNG")
    return stream.getvalue()


def interval(value: float | None) -> dict[str, float | None]:
    """A figure with its interval."""
    if value is None:
        return dict.fromkeys(("value", "low", "high"))
    return {"value": value, "low": round(value - 0.02, 4), "high": round(value + 0.02, 4)}


def _figures(level: float) -> dict[str, object]:
    rates = [0.0, 0.05, 0.2, 1.0]
    return {
        **{
            name: interval(level)
            for name in ("accuracy", "balanced_accuracy", "macro_f1", "auroc_macro", "auprc_macro")
        },
        "sensitivity": {label: interval(level - 0.01) for label in CLASSES},
        "specificity": {label: interval(level + 0.01) for label in CLASSES},
        "tumour_sensitivity": interval(0.96),
        "tumour_specificity": interval(0.94),
        "ece": interval(0.04),
        "brier": interval(0.15),
        "nll": interval(None),
        "confusion": [[90, 6, 1, 3], [8, 80, 4, 8], [1, 2, 95, 2], [2, 4, 1, 93]],
        "roc": {label: {"fpr": rates, "tpr": [0.0, level, 0.97, 1.0]} for label in CLASSES},
    }


def summary() -> dict[str, object]:
    """Invented figures in the agreed form, for tests of the screens that show them."""
    models = ("mobilenet", "xception", "resnet50", "mean")
    part = {name: interval(0.78) for name in ("dice_mean", "dice_median")}
    part["dice_zero_share"] = interval(0.06)
    tumours = [label for label in CLASSES if label != "no_tumor"]
    values = np.random.default_rng(3).beta(6, 2, 60).round(3).tolist()
    return {
        "protocol": "TEST FIGURES, invented for a test of the screen.",
        "split_id": "test-split",
        "clean": {
            "n_pictures": 1234,
            "n_groups": 432,
            "models": {name: _figures(0.9 + 0.01 * i) for i, name in enumerate(models)},
        },
        "official_sartaj": {
            "protocol": "Training and Testing folders as shipped.",
            "n_pictures": 394,
            "n_groups": 200,
            "leaky_share": 0.61,
            "models": {name: _figures(0.97) for name in models},
        },
        "counterfactual": {
            name: {
                "n_pictures": 812,
                "n_heads": 307,
                "auroc": {model: interval(0.7 + 0.05 * i) for i, model in enumerate(models)},
            }
            for name in ("pairs", "painted_out", "blended_in", "sham")
        },
        "segmentation": {
            "unet": {
                **part,
                "threshold": 0.5,
                "n_pictures": 400,
                "n_groups": 40,
                "hd95_mm_mean": interval(9.1),
                "by_class": {
                    label: {**part, "n_pictures": 130, "n_groups": 13} for label in tumours
                },
                "tumour_free": {
                    "n_pictures": 300,
                    "n_groups": 150,
                    "marked_share": interval(0.07),
                    "mean_area_share": interval(0.03),
                },
                "dice_values": dict.fromkeys(tumours, values),
            }
        },
    }


def gated() -> dict[str, object]:
    """Invented figures of the gate in the agreed form."""
    size = {"n_pictures": 345, "n_groups": 67}
    candidate = {"limit": 3.0, "refused_brain_mri": 0.008, "passed_other_things": 0.25}
    return {
        "protocol": "TEST FIGURES of a gate.",
        "chosen_by": "rule of a test",
        "space": {"sha256": "0" * 64, "n_pictures": 987},
        "chosen": {"method": "neighbours", "limit": 3.0},
        "candidates": {"neighbours": {**candidate, "auroc": 0.9876}},
        "test": {
            "auroc": interval(0.975),
            "brain_mri": {**size, "refused": interval(0.025)},
            "other_things": {**size, "refused": interval(0.965)},
            "other_things_of_new_kinds": {**size, "refused": interval(0.955)},
            "other_things_by_pixels": 0.44,
        },
        "kinds": {"bone scan": {**size, "refused": interval(0.945)}},
        "other_brain_mri": {"half a head": {**size, "refused": interval(0.935)}},
    }


def compared() -> dict[str, object]:
    """An invented comparison of two protocols in the agreed form."""
    levels = {"mlp": 0.55, "mobilenet": 0.9, "mean": 0.93}
    figures = (*("accuracy", "balanced_accuracy", "macro_f1", "auroc_macro", "ece"),)
    models = {
        name: {**{key: interval(level) for key in figures}, "figshare_types": interval(None)}
        for name, level in levels.items()
    }
    pairs = [
        {"a": "mlp", "b": "mobilenet", "difference": interval(-0.35), "ranking": True},
        {"a": "mlp", "b": "mean", "difference": interval(-0.38), "ranking": True},
        {"a": "mobilenet", "b": "mean", "difference": interval(-0.03), "ranking": False},
    ]
    protocol = {"n_pictures": 1234, "n_groups": 432, "leaky_share": None, "models": models}
    clean = {"title": "Clean test split", **protocol, "paired": pairs}
    shipped = {"title": "As shipped", **protocol, "leaky_share": 0.61, "paired": []}
    cost = {"input_size": 64, "parameters": 2_200_000, "bytes": 4_400_000, "ms": 3.1}
    return {
        "titles": {"mlp": "Multi-layer perceptron", "mobilenet": "MobileNet", "mean": "Mean"}
        | {"resunet": "Res-U-Net", "detector": "Detector"},
        "facts": {"mlp": {"clean": {**cost, "minutes": 4.0}}},
        "protocols": {"clean": clean, "official_sartaj": shipped},
        "outlines": {"resunet": {"n_pictures": 400, "dice_mean": interval(0.71)}},
        "boxes": {"detector": {"n_pictures": 400, "map50": interval(0.62)}},
        "reported": [
            {
                "work": "A 2020",
                "network": "small CNN",
                "data": "figshare",
                "protocol": "slices of a patient on both sides",
                "by_patient": False,
                "accuracy": 0.9656,
                "reference": "doi:0",
            }
        ],
    }


def trusted() -> dict[str, object]:
    """Invented calibration in the agreed form: temperatures, limits, and what they gave."""
    models = ("mobilenet", "xception", "resnet50", "mean")
    part = {name: interval(0.1 + 0.1 * i) for i, name in enumerate(("ece", "brier", "nll"))}
    bins = [{"confidence": 0.1 * i, "right": 0.1 * i - 0.05, "n": 10} for i in range(1, 10)]
    sizes = ("mean_size", "single", "several", "empty", "right_when_single")
    levels = {"0.80": 0.81, "0.90": 0.88, "0.95": 0.96}
    return {
        "protocol": "TEST FIGURES, invented for a test of the screen.",
        "split_id": "test-split",
        "calibration": {
            name: {"nll": {"none": 0.3, "temperature": 0.2}}
            | (
                {"method": "none", "temperature": 1.0}
                if name == "xception"
                else {"method": "temperature", "temperature": 0.5 + i}
            )
            for i, name in enumerate(models)
        },
        "sets": {
            level: {"least": dict.fromkeys(CLASSES, 0.05), "n": dict.fromkeys(CLASSES, 40)}
            for level in levels
        },
        "test": {
            "n_pictures": 1234,
            "n_groups": 432,
            "calibration": {
                name: {
                    "before": {**part, "reliability": bins},
                    "after": {**part, "ece": interval(0.02), "reliability": bins[::2]},
                }
                for name in models
            },
            "coverage": {
                level: {
                    "overall": interval(value),
                    "by_class": {label: interval(value - 0.01) for label in CLASSES},
                    **{name: interval(0.2 + 0.1 * i) for i, name in enumerate(sizes)},
                }
                for level, value in levels.items()
            },
            "confidence_auroc": interval(0.87),
            "referral": [
                {"referred": 0.0, "accuracy": interval(0.9)},
                {"referred": 0.05, "accuracy": interval(0.93)},
                {"referred": 0.1, "accuracy": interval(None)},
            ],
        },
    }
