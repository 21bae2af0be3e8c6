"""How well the outline matches the radiologist's, by class, and where there is no tumour."""

import plotly.graph_objects as go
import streamlit as st

from app import accuracy_texts as words
from app import texts, theme
from app.components import table
from ml.evaluation.published import SegmentationFigures
from ml.labels import TITLES


def show(figures: SegmentationFigures) -> None:
    """Draw the overall figures, the figures by class, and every picture's Dice."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        pictures, groups = figures.counts.get("all", (None, None))
        st.caption(
            f"{texts.count(pictures, 'pictures')} of {texts.count(groups, 'patient groups')}"
            f"{words.threshold(figures.threshold)}"
        )
        table.show(
            ["Figure", "All tumour classes"],
            [
                [title, texts.figure(figures.figures[name])]
                for name, title in words.SEGMENTATION_FIGURES.items()
                if name in figures.figures
            ],
        )
        _by_class(figures)
        _tumour_free(figures)
    with right:
        _chart(figures)


def _by_class(figures: SegmentationFigures) -> None:
    rows = []
    for label, values in figures.by_class.items():
        pictures, groups = figures.counts.get(label, (None, None))
        shown = [
            texts.figure(values[name]) if name in values else texts.DASH
            for name in ("dice_mean", "dice_median", "dice_zero_share")
        ]
        counted = f"{texts.plain(pictures)} / {texts.plain(groups)}"
        rows.append([TITLES.get(label, label), *shown, counted])
    header = ["Class", "Dice, mean", "Dice, median", "Share with Dice = 0", "Pictures / groups"]
    table.show(header, rows)


def _tumour_free(figures: SegmentationFigures) -> None:
    if "marked_share" not in figures.tumour_free:
        return
    pictures, groups = figures.counts.get("tumour_free", (None, None))
    st.markdown(
        f"Tumour-free pictures with any marked pixel: "
        f"{texts.share(figures.tumour_free['marked_share'])} of {texts.count(pictures, 'pictures')}"
        f" ({texts.count(groups, 'patient groups')})."
    )
    if figures.least_tumour and figures.alone:
        st.caption(words.withheld(figures.least_tumour, figures.alone))


def _chart(figures: SegmentationFigures) -> None:
    if not figures.dice_values:
        return
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": "Dice of every picture", "font": {"size": 14}},
            yaxis=theme.axis("Dice", range=[-0.02, 1.02]),
            xaxis=theme.axis("", showgrid=False),
            showlegend=False,
            height=420,
        )
    )
    for label, values in figures.dice_values.items():
        colour = theme.class_colour(label)
        drawing.add_box(
            y=values,
            name=TITLES.get(label, label),
            boxpoints="all",
            jitter=0.6,
            pointpos=0,
            marker={"color": colour, "size": 3, "opacity": 0.55},
            line={"color": theme.current().text, "width": 1},
            fillcolor="rgba(0,0,0,0)",
        )
    st.plotly_chart(drawing, theme=None, key="dice", config={"displaylogo": False})
