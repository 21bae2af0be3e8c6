"""Beside the heat map: what drew it, and how much such maps have been worth."""

import streamlit as st

from app import explanation_texts as words
from app import services, state
from ml.errors import MetricsError
from ml.evaluation.published_explanations import ExplanationFigures
from ml.results import Analysis


def begin(read: Analysis) -> None:
    """Let the map be drawn first that pointed best on validation; call before the viewer."""
    found = _figures()
    models = [reading.model for reading in read.classifications]
    measured = found is not None and found.network in models
    state.start_heat_model(found.network if found and measured else models[0])


def show(read: Analysis) -> None:
    """Draw one line on the chosen network's map, nothing where it is off or was not measured."""
    layers = state.layers()
    maps = read.heatmaps.get(layers.heat_model or "")
    if not layers.heat or maps is None:
        return
    found = _figures()
    if found is not None and layers.heat_model:
        said = words.worth(found, layers.heat_model, maps[read.mean.label].method)
        if said:
            st.caption(said)


def _figures() -> ExplanationFigures | None:
    """What was measured; None where nobody did, or the file is damaged: *Accuracy* says so."""
    try:
        return services.explanations()
    except MetricsError:
        return None
