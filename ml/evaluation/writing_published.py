"""The figures of the search for writing as a screen reads them: `assets/metrics/writing.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ml.errors import MetricsError
from ml.evaluation.membership_published import Share, share_of
from ml.inference.writing import COMMAND

SHOWN: Final = ("simulated", "pictures", "beside_the_head")
"""Kinds of writing whose hits a screen shows."""


@dataclass(frozen=True)
class WritingFigures:
    """What `writing.json` publishes and a screen shows.

    Attributes:
        protocol: how it was measured, in words.
        hits: by kind, writing that was found (`ml.evaluation.writing_rows`).
        false_alarms: published pictures without writing that are warned of.
        ms_median: processor time of a scan, milliseconds.
    """

    protocol: str
    hits: Mapping[str, Share]
    false_alarms: Share
    ms_median: float


def load(path: Path) -> WritingFigures:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return WritingFigures(
            protocol=str(raw["protocol"]),
            hits={name: share_of(raw["hits"][name]) for name in SHOWN},
            false_alarms=share_of(raw["false_alarms"]),
            ms_median=float(raw["ms"]["median"]),
        )
    except FileNotFoundError:
        raise MetricsError(
            f"How well writing in a picture is found was not measured. Run `{COMMAND}`."
        ) from None
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise MetricsError(
            f"The figures of the search for writing are damaged. Run `{COMMAND}`."
        ) from error
