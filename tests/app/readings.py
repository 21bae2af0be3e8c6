"""Readings made by hand from a drawn phantom, for tests of reports: no network runs."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from app.reports.compose import Measured, compose
from app.reports.draft import Draft
from ml.evaluation import (
    gate_published,
    membership_published,
    published,
    published_conflicts,
    published_trust,
)
from ml.inference.measure import measure
from ml.inference.trust import LEVEL
from ml.io import read_scan
from ml.labels import CLASSES
from ml.phantom import Phantom, draw, to_dicom, to_png
from ml.results import (
    Analysis,
    Classification,
    Detection,
    Match,
    Refusal,
    Refused,
    Segmentation,
)
from tests.app import fakes
from tests.app.figures import contradicted, looked_up

SHARES = (0.923, 0.052, 0.021, 0.004)
WEIGHTS = {
    name: f"{number + 1:x}" * 64
    for number, name in enumerate(("mobilenet", "xception", "resnet50", "unet", "detector"))
}
CONFLICTS = ("networks_disagree",)


@cache
def phantom() -> Phantom:
    """A simulated glioma with its mask."""
    return draw("glioma", seed=5, size=128, plane="axial")


@cache
def source(form: str = "DICOM") -> bytes:
    """The phantom's file."""
    return to_dicom(phantom()) if form == "DICOM" else to_png(phantom())


def reading(form: str = "DICOM", *, data: bytes | None = None, **changes: Any) -> Analysis:
    """A reading of the phantom: glioma, outlined where it is, with every flag raised."""
    scan = read_scan(data or source(form))
    mask = phantom().mask
    shares = np.array(SHARES, np.float32)
    others = np.roll(shares, 1)
    found: dict[str, Any] = {
        "scan": scan,
        "classifications": (
            Classification("mobilenet", shares, np.log(shares), shares),
            Classification("xception", shares, np.log(shares), shares),
            Classification("resnet50", others, np.log(others), others),
        ),
        "mean": Classification("mean", shares, None, shares),
        "heatmaps": {},
        "segmentation": outlined(mask, scan.spacing_mm),
        "membership": Match("figshare", 3),
        "detections": (Detection("glioma", 0.93, (20.0, 30.5, 60.0, 71.0)),),
        "prediction_set": ("glioma",),
        "weights": WEIGHTS,
    }
    return Analysis(**(found | changes))


def outlined(mask: np.ndarray, spacing_mm: tuple[float, float] | None) -> Segmentation:
    """A segmentation of that mask."""
    sizes = measure(mask, spacing_mm)
    probability = mask.astype(np.float32)
    return Segmentation("unet", probability, mask, 0.45, sizes, marked_px=sizes.area_px)


def refused(form: str = "DICOM") -> Refused:
    """The phantom stopped by the gate."""
    return Refused(read_scan(source(form)), Refusal("unfamiliar", 4.25, 3.0), weights=WEIGHTS)


def measured(folder: Path) -> Measured:
    """Invented figures, read by the loaders of the published ones."""
    files = {}
    for name, content in {
        "summary": fakes.summary(),
        "trust": fakes.trusted(),
        "gate": fakes.gated(),
        "membership": looked_up(),
        "conflicts": contradicted(),
    }.items():
        files[name] = folder / f"{name}.json"
        files[name].write_text(json.dumps(content))
    return Measured(
        summary=published.load(files["summary"]),
        reached=published_trust.load(files["trust"]).coverage[LEVEL].overall,
        gate=gate_published.load(files["gate"]),
        membership=membership_published.load(files["membership"]),
        conflicts=published_conflicts.load(files["conflicts"]),
    )


def drafted(answer: Analysis | Refused, figures: Measured | None = None) -> Draft:
    """The draft of a reading with one conflict, or of a refusal."""
    kinds = None if isinstance(answer, Refused) else CONFLICTS
    return compose(answer, figures or Measured(), kinds)


def sentences(draft: Draft) -> str:
    """All that a draft says."""
    return "\n".join(piece.text for section in draft.sections for piece in section.pieces)


def share(label: str) -> float:
    """The mean's probability of a class."""
    return SHARES[CLASSES.index(label)]
