"""Switches of the AI marks: outline or fill, diameters, heat map."""

import streamlit as st

from app import state, texts
from app.components import heat_worth
from ml.labels import CLASSES, TITLES
from ml.results import Analysis


def show(read: Analysis) -> None:
    """Draw the switches of the mask and of the heat map."""
    models = [reading.model for reading in read.classifications]
    mask, heat = st.columns([5, 6], gap="medium")
    with mask, st.container(key="mask-controls"):
        _mask(boxed=read.detections is not None)
    with heat, st.container(key="heat-controls"):
        _heat(models)
        heat_worth.show(read)


def _mask(*, boxed: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.toggle(texts.MASK, key=state.MASK, width=150)
        st.segmented_control(
            texts.MASK_STYLE,
            ["outline", "fill"],
            key=state.MASK_STYLE,
            format_func=str.capitalize,
            label_visibility="collapsed",
            required=True,
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", wrap=False):
        st.toggle(texts.DIAMETERS, key=state.DIAMETERS, width=150)
        _opacity(texts.MASK, state.MASK_OPACITY)
    if boxed:
        st.toggle(texts.BOXES, key=state.BOXES, help=texts.BOXES_HELP)


def _heat(models: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.toggle(texts.HEAT, key=state.HEAT, width=110)
        st.segmented_control(
            texts.HEAT_MODEL,
            models,
            key=state.HEAT_MODEL,
            format_func=texts.model,
            label_visibility="collapsed",
            required=True,
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", wrap=False):
        st.selectbox(
            texts.HEAT_CLASS,
            [state.SUGGESTED_CLASS, *CLASSES],
            key=state.HEAT_CLASS,
            format_func=lambda label: TITLES.get(label, texts.SUGGESTED_CLASS),
            label_visibility="collapsed",
        )
        _opacity(texts.HEAT, state.HEAT_OPACITY)


def _opacity(layer: str, key: str) -> None:
    """A slider whose own number says what it is, so that it needs no line for a label."""
    st.slider(
        f"{layer}: {texts.OPACITY.lower()}",
        0,
        100,
        key=key,
        format=f"{texts.OPACITY} %d %%",
        label_visibility="collapsed",
    )
