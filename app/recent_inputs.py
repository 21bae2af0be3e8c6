"""Which readings are compared with the held-out pictures, and which are left out and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app import held_out, services
from app.archive import archive
from app.store.inputs import Input
from ml.evaluation import drift
from ml.evaluation.drift import Distances
from ml.inference.gate import UNFAMILIAR

MOST: Final = 200
"""Scans that count as recent: the last ones read."""


@dataclass(frozen=True)
class Recent:
    """The last scans that were read here.

    Attributes:
        distances: of those that are compared.
        simulated: left out: drawn by this project.
        copies: left out: the networks were trained on them.
        by_pixels: left out: refused for their pixels alone, so that no distance is known.
        other_networks: left out: measured with other networks than those in use.
    """

    distances: Distances
    simulated: int
    copies: int
    by_pixels: int
    other_networks: int


def recent() -> Recent:
    """The last scans that were read, with the networks in use.

    Raises:
        StoreError: they cannot be read.
    """
    return sorted_out(archive().inputs.all(), archive().version_digest(services.model_version()))


def sorted_out(inputs: Sequence[Input], version: str) -> Recent:
    """Which of the last `MOST` scans are compared.

    Args:
        inputs: all scans, the oldest first.
        version: digest of the networks in use.
    """
    own = [one for one in inputs if one.model_version == version]
    last = own[-MOST:]
    drawn = [one for one in last if one.simulated]
    copies = [one for one in last if one.in_training_set and not one.simulated]
    rest = [one for one in last if not one.simulated and not one.in_training_set]
    measured = [
        (one.score, one.pseudonym)
        for one in rest
        if one.score is not None and one.refusal in (None, UNFAMILIAR)
    ]
    return Recent(
        distances=Distances(
            tuple(score for score, _ in measured), tuple(patient for _, patient in measured)
        ),
        simulated=len(drawn),
        copies=len(copies),
        by_pixels=len(rest) - len(measured),
        other_networks=len(inputs) - len(own),
    )


def reference() -> Distances:
    """Distances of the held-out pictures by the gate's method.

    Raises:
        MetricsError: the gate was not measured, or its rows are absent.
    """
    return services.kept(_reference, held_out.PLACES.gate_rows, services.GATE_FILE)


def _reference(rows: Path) -> Distances:
    return drift.reference(rows, services.gate().method)
