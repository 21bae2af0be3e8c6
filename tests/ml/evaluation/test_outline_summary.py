"""What is published of the outline: as shown, and the network alone."""

import json

import numpy as np
import pytest

from ml.evaluation import published, report
from ml.evaluation.places import Places
from ml.evaluation.rows import read_segmentation


def test_withheld_outlines_are_published_beside_the_network_alone(repository):
    report.write(repository)
    summary = json.loads(Places(repository).summary.read_text())
    unet = summary["segmentation"]["unet"]
    assert unet["least_tumour"] == 0.4
    assert unet["tumour_free"]["marked_share"]["value"] == 0.0
    alone = unet["alone"]
    assert alone["marked_share"]["value"] > 0.2
    rows = read_segmentation(Places(repository).outline_rows)
    kept = [r for r in rows if r.split == "test" and r.label != "no_tumor"]
    withheld = np.mean([r.score.dice if r.tumour >= 0.4 else 0.0 for r in kept])
    assert unet["dice_mean"]["value"] == pytest.approx(withheld, abs=1e-6)
    assert alone["dice_mean"]["value"] == pytest.approx(
        np.mean([r.score.dice for r in kept]), abs=1e-6
    )
    assert unet["dice_zero_share"]["value"] > alone["dice_zero_share"]["value"]
    readme = report.outputs(repository)[repository / "README.md"]
    assert "withheld where the mean of three gives a tumour less than 0.40" in readme
    assert f"The U-Net alone, nothing withheld: Dice {alone['dice_mean']['value']:.3f}" in readme
    read = published.load(Places(repository).summary).segmentation["unet"]
    assert read.least_tumour == 0.4
    assert read.alone["marked_share"].value == alone["marked_share"]["value"]
