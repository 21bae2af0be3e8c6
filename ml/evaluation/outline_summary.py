"""What is published of the outline: as the app shows it, and the network alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml.errors import MetricsError
from ml.evaluation.segmentation import (
    OutlineRow,
    outline_figures,
    tumour_free_figures,
    undefined_distances,
)
from ml.labels import CLASSES, NO_TUMOR


def outline_summary(rows: Sequence[OutlineRow]) -> dict[str, Any]:
    """Figures of the outline network on test pictures with a tumour, by class, and without one.

    Raises:
        MetricsError: one of the two kinds is absent.
    """
    tumour = [row for row in rows if row.label != CLASSES[NO_TUMOR]]
    free = [row for row in rows if row.label == CLASSES[NO_TUMOR]]
    if not tumour or not free:
        raise MetricsError(
            "The outline rows need test pictures with and without tumour; run `make evaluate`"
        )
    by_class = {c: [row for row in tumour if row.label == c] for c in CLASSES}
    by_class = {c: members for c, members in by_class.items() if members}
    kept = ("dice_mean", "dice_median", "dice_zero_share")
    return {
        **counts([row.group for row in tumour]),
        **outline_figures(tumour),
        "hd95_undefined": undefined_distances(tumour),
        "reference_empty": sum(row.score.reference_px == 0 for row in tumour),
        "by_class": {
            c: {
                **counts([row.group for row in members]),
                **{k: v for k, v in outline_figures(members).items() if k in kept},
            }
            for c, members in by_class.items()
        },
        "tumour_free": {**counts([row.group for row in free]), **tumour_free_figures(free)},
        "dice_values": {c: sorted(row.score.dice for row in m) for c, m in by_class.items()},
    }


def as_read(rows: Sequence[OutlineRow], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of the outline as the app shows it, and of the network alone.

    Args:
        rows: of the test part, by the network alone.
        chosen: what validation chose, as in thresholds.json.

    Raises:
        MetricsError: as `outline_summary`.
    """
    least = float(chosen.get("least_tumour", 0.0))
    shown = outline_summary([row.withheld_below(least) for row in rows])
    found = {"threshold": chosen["threshold"], "least_tumour": least, **shown}
    if least > 0.0:
        alone = outline_summary(rows)
        found["alone"] = {
            name: alone[name] for name in ("dice_mean", "dice_median", "dice_zero_share")
        } | {"marked_share": alone["tumour_free"]["marked_share"]}
    return found


def counts(groups: Sequence[str]) -> dict[str, int]:
    """How many pictures and patient groups there are."""
    return {"n_pictures": len(groups), "n_groups": len(set(groups))}
