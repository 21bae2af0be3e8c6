"""A scan that the gate stops: why, and how often it is wrong about that. No class is near."""

from html import escape

import streamlit as st

from app import gate_texts as words
from app import services
from ml.errors import MetricsError
from ml.evaluation.gate_published import GateFigures
from ml.results import Refused


def show(refused: Refused) -> None:
    """Draw the block that stands where the verdict would be."""
    lines = (
        words.sentence(refused.refusal),
        words.measured(refused.refusal),
        words.WHAT_NOW,
        words.rates(_figures()),
    )
    support = "".join(f'<div class="support">{escape(line)}</div>' for line in lines)
    st.html(
        f'<div class="sulcus-verdict"><div class="headline">{words.REFUSED}</div>{support}</div>'
    )


def _figures() -> GateFigures | None:
    try:
        return services.gate()
    except MetricsError:
        return None
