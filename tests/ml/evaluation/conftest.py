"""A repository with simulated rows, and nothing in it that was measured."""

import json
import math

import numpy as np
import pytest

from ml.evaluation.places import Places
from ml.evaluation.rows import ClassificationTable, write_classification, write_segmentation
from ml.evaluation.segmentation import OutlineRow, OutlineScore
from ml.labels import CLASSES

SKILLS = {"mobilenet": 2.0, "xception": 3.0, "resnet50": 4.0}


def simulated_table(count=240, *, splits=("validation", "test"), leaky=False, seed=0):
    """Pictures in groups of three; every network is right more often than the one before."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) // 3 % 4
    logits = {
        name: (skill * np.eye(4)[labels] + rng.normal(size=(count, 4))).round(6)
        for name, skill in SKILLS.items()
    }
    group = [f"g{i // 3:03d}" for i in range(count)]
    where = {
        "id": tuple(f"sartaj/{i:04d}.jpg" for i in range(count)),
        "source": ("sartaj",) * count,
        "group": tuple(group),
        "cluster": tuple(f"c{i}" for i in range(count)),
        "split": tuple(splits[i // 12 % len(splits)] for i in range(count)),
        "label": tuple(CLASSES[c] for c in labels),
    }
    flags = tuple(i % 3 == 0 for i in range(count)) if leaky else None
    return ClassificationTable(where, logits, flags)


def simulated_outlines(count=120, seed=0):
    """Half validation, half test; every fourth picture has no tumour."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        label = CLASSES[i % 4]
        overlap = float(rng.random().__round__(6))
        figures = OutlineScore(overlap, overlap / (2 - overlap), 3.0, 1.0, 50, 60)
        if label == "no_tumor":
            figures = OutlineScore(math.nan, math.nan, math.nan, math.nan, 0, int(i % 8 == 2))
        split = "test" if i % 2 < 1 or i % 3 == 0 else "validation"
        tumour = 0.1 if label == "no_tumor" else 0.3 + 0.5 * (i % 5 > 0)
        place = (f"figshare/{i}.jpg", f"p{i // 2}", label, split)
        rows.append(OutlineRow(*place, figures, 400, tumour))
    return rows


def simulated_repository(root):
    """Root of a repository with rows, thresholds, a split, a README and two cards."""
    places = Places(root)
    write_classification(places.clean_rows, simulated_table())
    write_classification(
        places.official_rows, simulated_table(90, splits=("test",), leaky=True, seed=1)
    )
    write_segmentation(places.outline_rows, simulated_outlines())
    places.thresholds.write_text(json.dumps({"unet": {"threshold": 0.45, "least_tumour": 0.4}}))
    places.split.parent.mkdir(parents=True)
    places.split.write_text("path,label,source,cluster,group,split\n")
    marked = "# Title\n\n<!-- figures:begin -->\nold\n<!-- figures:end -->\n\nEnd.\n"
    (root / "README.md").write_text(marked)
    cards = root / "assets" / "cards"
    cards.mkdir()
    (cards / "xception.md").write_text(marked)
    (cards / "unmarked.md").write_text("# No markers\n")
    return root


@pytest.fixture
def repository(tmp_path):
    return simulated_repository(tmp_path)
