"""What a heat map explains: methods in closed form, and which one is drawn.

All registered classifiers end in global average pooling and one dense layer, so the gradient of a
logit with respect to the last feature map A (h, w, C) is the same everywhere, w_kc / (h·w), and
the methods here have a closed form. What they explain, for class c:

    grad_cam            the logit:             relu( Σ_k w_kc · A_k ) / (h·w)
    grad_cam_plus_plus  its positive weights:  Σ_k relu(w_kc) · A_k / (h·w)
    contrast            the logit over the mean of the other logits
    log_odds            log p / (1 - p): the logit over the others, weighed by their probability
    margin              place by place, what speaks for c more than for any other class

By construction the network that is explained is the one that predicted. Summed over the map
before the relu, grad_cam is the logit without its bias. The last three of these do not change when
the same number is added to all logits, and nor does the prediction. `hires_cam` reads a finer
feature map and takes a backward pass (`ml.inference.attribution`).

Grad-CAM++: its α_ij are here the same at every place, and so 1 / (h·w) once normalised, as the
authors' code and tf-keras-vis do; the scale exp(logit) is left out.

Reference: Selvaraju et al. 2017, arXiv:1610.02391; Zhou et al. 2016, arXiv:1512.04150 (CAM);
Chattopadhay et al. 2018, arXiv:1710.11063 (Grad-CAM++).
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from ml.errors import MetricsError
from ml.results import FloatArray

__all__ = ["BACKWARD", "METHODS", "ONE_PASS", "contributions", "default_method", "evidence"]

ONE_PASS: Final[tuple[str, ...]] = (
    *("grad_cam", "grad_cam_plus_plus", "contrast", "log_odds", "margin"),
)
"""What the forward pass of the prediction can draw; the first where nothing was measured."""
BACKWARD: Final[tuple[str, ...]] = ("hires_cam",)
"""What takes a backward pass for each class."""
METHODS: Final[tuple[str, ...]] = (*ONE_PASS, *BACKWARD)
"""What a screen can draw."""
FIGURES_FILE: Path = (
    Path(__file__).resolve().parents[2] / "assets" / "metrics" / "explanations.json"
)


def default_method(file: Path | None = None) -> str:
    """The method that validation chose, or Grad-CAM where the evaluation has chosen none.

    Raises:
        MetricsError: the file of figures is there but names no method of `METHODS`.
    """
    file = file or FIGURES_FILE
    return _chosen(file, file.stat().st_mtime_ns) if file.is_file() else METHODS[0]


@cache
def _chosen(file: Path, changed: int) -> str:  # noqa: ARG001  a rewritten file is read again
    try:
        method: str = json.loads(file.read_text(encoding="utf-8"))["default"]
        return METHODS[METHODS.index(method)]
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise MetricsError(
            f"assets/metrics/{file.name} names no heat map that can be drawn here ({error}); run "
            "`python -m ml.evaluation --report-only` to write it again"
        ) from error


def evidence(
    method: str, features: FloatArray, kernel: FloatArray, logits: FloatArray
) -> FloatArray:
    """What each place of the feature map says for each class, as a method counts it.

    Args:
        method: one of `ONE_PASS`.
        features: (h, w, C) float32, input of the global average pooling.
        kernel: (C, classes) float32, kernel of the logits layer after it.
        logits: (classes,) float32 of the same forward pass; only log_odds looks at them.

    Returns:
        (h, w, classes) float32, in units of the logit, negative against a class.

    Raises:
        ValueError: the shapes do not belong together, or the method is unknown.
    """
    if method == "grad_cam_plus_plus":
        return contributions(features, np.maximum(kernel, np.float32(0.0)))
    found = contributions(features, kernel)
    if method == "grad_cam":
        return found
    if method == "margin":
        ordered = np.sort(found, axis=-1)
        leads = found == ordered[..., -1:]
        return np.asarray(found - np.where(leads, ordered[..., -2:-1], ordered[..., -1:]))
    return np.asarray(found @ _against(method, logits), np.float32)


def _against(method: str, logits: FloatArray) -> FloatArray:
    """(classes, classes): column c takes from class c the rivals' mean, as a method weighs them."""
    count = len(logits)
    rival = 1.0 - np.eye(count)
    if method == "log_odds":
        raised = np.exp(logits.astype(np.float64) - logits.max())
        rival *= np.maximum(raised, 1e-30)[:, None]
    elif method != "contrast":
        raise ValueError(f"unknown heat map {method!r}; expected one of {', '.join(ONE_PASS)}")
    return np.asarray(np.eye(count) - rival / rival.sum(axis=0), np.float32)


def contributions(features: FloatArray, kernel: FloatArray) -> FloatArray:
    """What each place of the feature map adds to each logit.

    Args:
        features: (h, w, C) float32, input of the global average pooling.
        kernel: (C, classes) float32, kernel of the logits layer after it.

    Returns:
        (h, w, classes) float32, in units of the logit, negative where a place speaks against
        a class; the sum over the map is the logit minus its bias.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if features.ndim != 3 or kernel.ndim != 2 or features.shape[2] != kernel.shape[0]:
        raise ValueError(
            f"features {features.shape} and kernel {kernel.shape} do not belong together; "
            "expected (h, w, C) and (C, classes)"
        )
    places = features.shape[0] * features.shape[1]
    result: FloatArray = (features @ kernel / places).astype(np.float32)
    return result
