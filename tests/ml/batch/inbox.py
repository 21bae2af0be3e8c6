"""What the batch tests share: scans on disk, the table read back, an engine that counts."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from tests.ml.fakes import FakeEngine, disc_picture

HEADER = (
    "file,status,reason,prediction,confidence,agreement,"
    "mobilenet_glioma,mobilenet_meningioma,mobilenet_no_tumor,mobilenet_pituitary,"
    "xception_glioma,xception_meningioma,xception_no_tumor,xception_pituitary,"
    "resnet50_glioma,resnet50_meningioma,resnet50_no_tumor,resnet50_pituitary,"
    "mean_glioma,mean_meningioma,mean_no_tumor,mean_pituitary,"
    "mask_file,area_px,area_mm2,prediction_set,in_training_set,conflicts"
)
ROOT = Path(__file__).resolve().parents[3]


def write_picture(file: Path, size: int = 128, radius: float = 14.0) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    centre = (size * 0.45, size * 0.55)
    picture = disc_picture(size, centre=centre, radius=radius).astype(np.uint8)
    Image.fromarray(picture).save(file, format="PNG")
    return file


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "readings.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


class Counting(FakeEngine):
    """Stops after some forward passes of the segmenter, as Ctrl-C would."""

    def __init__(self, stop_after: int | None = None, version: str = "1") -> None:
        super().__init__(version=version)
        self.stop_after = stop_after

    @property
    def scans(self) -> int:
        return sum(count for name, count in self.calls if name == "unet")

    def segment(self, batch):
        if self.stop_after is not None and self.scans >= self.stop_after:
            raise KeyboardInterrupt
        return super().segment(batch)
