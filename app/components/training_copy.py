"""The banner over a scan that the networks were trained on."""

import streamlit as st

from app import services, texts
from ml.errors import MetricsError
from ml.evaluation.membership_published import MembershipFigures
from ml.results import Analysis


def show(read: Analysis) -> None:
    """Draw the banner where the scan is a copy of a training picture, else nothing."""
    if read.membership is not None:
        st.warning(texts.training_copy(read.membership, _measured()))


def _measured() -> MembershipFigures | None:
    try:
        return services.membership()
    except MetricsError:
        return None
