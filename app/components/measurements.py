"""Sizes of the outlined area."""

import streamlit as st

from app import texts
from ml.results import Analysis


def show(read: Analysis) -> None:
    """Draw area and diameters: in mm only when the file has the pixel spacing."""
    found = read.segmentation.measurement
    if not found.area_px:
        why = texts.WITHHELD if read.segmentation.withheld else texts.NO_OUTLINE
        st.html(f"<b>{texts.MEASUREMENTS}</b><br>{why}")
        return
    facts = {
        "Area": texts.area(found),
        "Longest diameter": texts.length(found.diameter_mm, found.diameter_px),
        "Perpendicular diameter": texts.length(found.perpendicular_mm, found.perpendicular_px),
        "Separate parts": str(found.components),
    }
    rows = "".join(f'<tr><th scope="row">{k}</th><td>{v}</td></tr>' for k, v in facts.items())
    st.html(f'<b>{texts.MEASUREMENTS}</b><table class="sulcus-facts">{rows}</table>')
