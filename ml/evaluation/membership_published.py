"""The look-up's figures as a screen reads them: `assets/metrics/membership.json`, with types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.figures_file import told
from ml.evaluation.published import Interval, intervals_in

COMMAND = "python -m ml.evaluation --parts membership"


@dataclass(frozen=True)
class Share:
    """How many of some pictures were taken for training pictures.

    Attributes:
        share: of the look-ups, 0..1.
        n_pictures: pictures, each perhaps in several copies.
        n_groups: patient groups among them.
    """

    share: Interval
    n_pictures: int
    n_groups: int


@dataclass(frozen=True)
class MembershipFigures:
    """Everything that `membership.json` publishes and a screen shows.

    Attributes:
        protocol: how it was measured, in words.
        max_distance: largest distance of a copy, bits of 256, chosen on validation.
        n_training: pictures in the index.
        hits: training pictures found, all copies that keep the whole picture.
        hits_by_kind: the same by kind of copy (`ml.evaluation.copies.KINDS`).
        false_hits: held-out pictures taken for training pictures, by part of the split.
        ms_median: processor time of a look-up, milliseconds.
        ms_p95: its 95th percentile.
    """

    protocol: str
    max_distance: int
    n_training: int
    hits: Share
    hits_by_kind: Mapping[str, Share]
    false_hits: Mapping[str, Share]
    ms_median: float
    ms_p95: float


def load(path: Path) -> MembershipFigures:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    with told(
        f"How well copies of training pictures are found was not measured. Run `{COMMAND}`.",
        f"The figures of the training-set look-up are damaged. Run `{COMMAND}`.",
    ):
        raw = json.loads(path.read_text(encoding="utf-8"))
        return MembershipFigures(
            protocol=raw["protocol"],
            max_distance=int(raw["max_distance"]),
            n_training=int(raw["index"]["n_pictures"]),
            hits=share_of(raw["hits"]),
            hits_by_kind={name: share_of(part) for name, part in raw["hits_by_kind"].items()},
            false_hits={name: share_of(raw["false_hits"][name]) for name in ("validation", "test")},
            ms_median=float(raw["ms"]["median"]),
            ms_p95=float(raw["ms"]["p95"]),
        )


def share_of(raw: Mapping[str, Any]) -> Share:
    """A published share with its counts."""
    return Share(
        share=intervals_in(raw)["share"],
        n_pictures=int(raw["n_pictures"]),
        n_groups=int(raw["n_groups"]),
    )
