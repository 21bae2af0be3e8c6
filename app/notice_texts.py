"""The honest figure that stands beside the notice, on every page and in every report."""

from app.texts import NO_FIGURE, count, share
from ml.evaluation.published import Summary


def held_out(summary: Summary | None) -> str:
    """The held-out figure of the mean with what it was measured on, or that there is none."""
    mean = None if summary is None else summary.clean.models.get("mean")
    if summary is None or mean is None or mean.get("balanced_accuracy").value is None:
        return NO_FIGURE.replace("`", "")
    pictures = count(summary.clean.n_pictures, "pictures")
    groups = count(summary.clean.n_groups, "patient groups")
    return (
        f"Held-out balanced accuracy of the mean of three: "
        f"{share(mean.get('balanced_accuracy'))} on {pictures} of {groups} "
        "that no network was trained on."
    )
