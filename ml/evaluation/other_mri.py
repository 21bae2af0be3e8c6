"""Brain MRI of kinds that the networks were not trained on: how often does the gate refuse it?

Spoilt test pictures: the seven corruptions at their two greatest strengths, inverted or hard
contrast, turns, several slices on one sheet, half a head. Real slices of other sequences, skull
taken off: the diffusion series among nibabel's test files. And this project's own simulated
scans, which the app must not refuse. A refusal of the others is neither right nor wrong; the
rates are told, not part of the bar.

Limits: which sequences the public sets hold is known in words only (../shared/data/README.md):
tumours nearly all contrast-enhanced T1; tumour-free slices T1, T2, FLAIR and SWI mixed. That
they hold no diffusion, perfusion or functional series is not stated there; none was seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.corruptions import CORRUPTIONS, STRONGEST, corrupt
from ml.counterfactual.seeds import seeded
from ml.evaluation.foreign import Foreign, nibabel_volume, scan_of
from ml.labels import CLASSES
from ml.preprocess import normalise
from ml.results import FloatArray

__all__ = ["OTHER", "other_mri"]

OTHER: Final[str] = "other"
"""Part of these pictures in the table."""
SIMULATED: Final[int] = 20
"""Simulated scans tried."""


def other_mri(pictures: Mapping[str, FloatArray], groups: Mapping[str, str]) -> Iterator[Foreign]:
    """Every kind of every picture, then the packaged and the simulated slices.

    Args:
        pictures: [path] → grey levels (H, W) of test pictures.
        groups: [path] → patient group.
    """
    from ml.phantom import draw  # it loads pydicom, which whoever only names the kinds can spare

    names = list(pictures)
    for place, name in enumerate(names):
        neighbours = [normalise(pictures[names[(place + n) % len(names)]]) for n in range(4)]
        for kind, picture in spoilt(neighbours, name):
            yield _one(f"{name}#{kind}", kind, groups[name], picture)
    volume = nibabel_volume("example4d.nii.gz")  # (128, 96, 24, 2)
    for z in range(4, volume.shape[2] - 4):
        kind = "diffusion series, skull taken off"
        picture = normalise(np.rot90(volume[:, :, z, 0]))
        yield _one(f"example4d.nii.gz#{z}", kind, "example4d.nii.gz", picture)
    for number in range(SIMULATED):
        label = CLASSES[number % len(CLASSES)]
        picture = normalise(draw(label, seed=1000 + number).pixels)
        name = f"simulated/{number}"
        yield _one(name, "simulated by this project", name, picture)


def spoilt(slices: Sequence[FloatArray], name: str) -> Iterator[tuple[str, FloatArray]]:
    """(kind, picture) for the first of four slices (H, W) in 0..1.

    Args:
        slices: the slice and three others that share a sheet with it.
        name: of the slice; what is random depends on it alone.
    """
    grey = slices[0]
    for corruption in CORRUPTIONS:
        for strength in (STRONGEST - 1, STRONGEST):
            rng = seeded(name, corruption)
            worse = corrupt(grey, corruption, strength=strength, rng=rng)
            yield f"{corruption}, strength {strength}", worse
    yield "inverted", 1.0 - grey
    yield "black and white only", (grey > np.float32(0.4)).astype(np.float32)
    yield "turned by 90 degrees", np.rot90(grey)
    yield "turned by 180 degrees", np.rot90(grey, 2)
    quarter = [cv2.resize(one, (128, 128), interpolation=cv2.INTER_AREA) for one in slices]
    yield "four slices on one sheet", np.vstack([np.hstack(quarter[:2]), np.hstack(quarter[2:])])
    yield "half a head", np.ascontiguousarray(grey[:, : grey.shape[1] // 2])


def _one(name: str, kind: str, group: str, picture: npt.NDArray[Any]) -> Foreign:
    levels = np.ascontiguousarray(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
    return Foreign(name, kind, group, OTHER, scan_of(levels))
