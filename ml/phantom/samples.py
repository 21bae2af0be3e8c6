"""The simulated scans that a fresh clone opens, and what is known of each.

`index.json` beside them holds the truth: "samples" the single slices, "series" the stack.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ml.phantom import stack
from ml.phantom.drawing import Phantom, draw
from ml.phantom.files import to_dicom, to_png

__all__ = ["SAMPLES", "Sample", "record", "render", "write_samples"]


@dataclass(frozen=True)
class Sample:
    """One slice of `assets/samples`: what is drawn and how it is kept.

    Attributes:
        name: of the file; its ending says the format.
        label: class identifier.
        plane: see `ml.phantom.drawing.PLANES`.
        seed: of the drawing.
        size: pixels on a side.
        negative: the grey levels are turned round, as a wrong header gives (PNG only).
        demo: for the guided demo only, not among the scans that a reader opens one by one.
    """

    name: str
    label: str
    plane: str
    seed: int
    size: int
    negative: bool = False
    demo: bool = False


SAMPLES: Final = (
    Sample("simulated_glioma_1.png", "glioma", "axial", 5, 320),
    Sample("simulated_glioma_2.dcm", "glioma", "coronal", 5, 256),
    Sample("simulated_meningioma_1.png", "meningioma", "axial", 3, 320),
    Sample("simulated_meningioma_2.dcm", "meningioma", "coronal", 0, 256),
    Sample("simulated_no_tumor_1.png", "no_tumor", "axial", 5, 320),
    Sample("simulated_no_tumor_2.dcm", "no_tumor", "axial", 3, 256),
    Sample("simulated_pituitary_1.png", "pituitary", "coronal", 5, 320),
    Sample("simulated_pituitary_2.dcm", "pituitary", "sagittal", 0, 256),
    Sample("simulated_glioma_3.png", "glioma", "coronal", 0, 256, demo=True),
    Sample("simulated_glioma_4.png", "glioma", "sagittal", 1, 256, demo=True),
    Sample("simulated_no_tumor_3.png", "no_tumor", "coronal", 1, 256, demo=True),
    Sample("simulated_negative.png", "meningioma", "axial", 0, 256, negative=True, demo=True),
)
"""The committed slices: two of each class, the second with a pixel spacing, and the demo's own."""


def render(sample: Sample) -> tuple[Phantom, bytes]:
    """Draw a sample; the phantom and the bytes of its file."""
    phantom = draw(sample.label, seed=sample.seed, size=sample.size, plane=sample.plane)
    if sample.negative:
        phantom = replace(phantom, pixels=255 - phantom.pixels)
    return phantom, to_png(phantom) if sample.name.endswith(".png") else to_dicom(phantom)


def record(sample: Sample, phantom: Phantom) -> dict[str, Any]:
    """The sample's line of `index.json`: the truth about the picture."""
    spacing = phantom.spacing_mm if sample.name.endswith(".dcm") else None
    return {
        "file": sample.name,
        "simulated": True,
        "label": sample.label,
        "plane": sample.plane,
        "seed": sample.seed,
        "size": sample.size,
        "center_px": phantom.center_px and [round(v, 2) for v in phantom.center_px],
        "diameter_px": phantom.diameter_px and round(phantom.diameter_px, 2),
        "area_px": phantom.area_px,
        "spacing_mm": spacing and list(spacing),
        "negative": sample.negative,
        "demo": sample.demo,
    }


def write_samples(folder: Path) -> Iterator[str]:
    """Write every sample and `index.json`; yields each file's name once it is written.

    Args:
        folder: created when absent; files of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for sample in SAMPLES:
        phantom, data = render(sample)
        (folder / sample.name).write_bytes(data)
        records.append(record(sample, phantom))
        yield sample.name
    (folder / stack.FILE).write_bytes(stack.zipped(stack.slices()))
    yield stack.FILE
    text = json.dumps({"samples": records, "series": stack.record()}, indent=2)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")
    yield "index.json"
