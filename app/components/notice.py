"""The notice strip that stands on every page."""

import streamlit as st

from app import services, texts
from ml.errors import MetricsError


def show() -> None:
    """Draw the notice with the honest held-out figure, or say that there is none."""
    st.html(
        f'<div class="sulcus-notice" role="note"><b>{texts.NOTICE}</b> {_held_out()}</div>',
        width="stretch",
    )


def _held_out() -> str:
    try:
        clean = services.summary().clean
    except MetricsError:
        return texts.NO_FIGURE.replace("`", "")
    mean = clean.models.get("mean")
    if mean is None or mean.get("balanced_accuracy").value is None:
        return texts.NO_FIGURE.replace("`", "")
    pictures = texts.count(clean.n_pictures, "pictures")
    groups = texts.count(clean.n_groups, "patient groups")
    return (
        f"Held-out balanced accuracy of the mean of three: "
        f"{texts.share(mean.get('balanced_accuracy'))} on {pictures} of {groups} "
        "that no network was trained on."
    )
