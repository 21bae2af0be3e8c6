"""What the networks say: a suggestion, their agreement, and all probabilities side by side."""

from html import escape

import streamlit as st

from app import held_out, services, texts
from app import trust_texts as words
from ml.errors import MetricsError
from ml.evaluation.published import ModelFigures
from ml.labels import CLASSES, NO_TUMOR, TITLES
from ml.results import Analysis, Classification


def show(read: Analysis) -> None:
    """Draw the suggestion and the table of networks."""
    st.html(_headline(read) + _table(read))


def _headline(read: Analysis) -> str:
    mean = read.mean
    lines = [texts.mean_line(read)]
    said = words.prediction_set(read, held_out.reached())
    if said:
        lines.append(said)
    if mean.index == NO_TUMOR:
        lines.append(texts.miss_rate(_held_out(mean.model)).replace("`", ""))
    else:
        lines.append(texts.usual_reading(mean.label))
    support = "".join(f'<div class="support">{line}</div>' for line in lines)
    return (
        f'<div class="sulcus-verdict"><div class="headline">{words.headline(read)}</div>'
        f"{support}</div>"
    )


def _held_out(model: str) -> ModelFigures | None:
    try:
        return services.summary().clean.models.get(model)
    except MetricsError:
        return None


def _table(read: Analysis) -> str:
    """Classes down, networks across; each cell has its number, and a bar of that length."""
    readings = (*read.classifications, read.mean)
    heads = "".join(
        f'<th scope="col" class="{_side(reading)}"><b>{texts.model(reading.model)}</b>'
        f"{TITLES[reading.label]}</th>"
        for reading in readings
    )
    rows = "".join(
        f'<tr><th scope="row">{TITLES[label]}</th>'
        + "".join(_cell(reading, index) for reading in readings)
        + "</tr>"
        for index, label in enumerate(CLASSES)
    )
    note = "" if read.mean.calibrated is None else words.EACH_CALIBRATED
    return (
        '<table class="sulcus-networks"><thead><tr><th></th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f'<div class="sulcus-muted">{note}</div>'
    )


def _cell(reading: Classification, index: int) -> str:
    share = float(reading.shown[index])
    first = "first" if index == reading.index else ""
    return (
        f'<td class="{first} {_side(reading)}">{escape(texts.percent(share))}'
        f'<div class="sulcus-bar"><span style="width:{share:.0%}"></span></div></td>'
    )


def _side(reading: Classification) -> str:
    return "mean" if reading.logits is None else ""
