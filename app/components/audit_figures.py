"""Figures of an audit: what each set holds, leaks, by class, and what the sets share."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import streamlit as st

from app import audit_texts as words
from app import theme
from app.components import download, table
from ml.evaluation.published_audit import AuditFigures, SetFigures


def show(figures: AuditFigures, *, name: str) -> None:
    """Draw findings, tables and charts.

    Args:
        figures: what to draw.
        name: begins every file that is saved from here; another one for each audit on a page.
    """
    st.markdown("\n".join(f"- {sentence}" for sentence in words.findings(figures)))
    st.subheader(words.SETS_HEADING)
    _sets(figures, name)
    st.subheader(words.LEAK_HEADING)
    _leaks(figures, name)
    st.subheader(words.CLASSES_HEADING)
    _classes(figures, name)
    if len(figures.sets) > 1:
        st.subheader(words.COPIES_HEADING)
        _copies(figures, name)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
    table.show(header, rows)
    download.show(words.DOWNLOAD, header, rows, name=name)


def _chart(drawing: go.Figure, name: str) -> None:
    st.plotly_chart(drawing, theme=None, key=name, config=theme.chart_config(name))


def _sets(figures: AuditFigures, name: str) -> None:
    lines = {words.set_title(key): found for key, found in figures.sets.items()}
    if len(lines) > 1:
        lines[words.ALL_SETS] = figures.whole
    rows = [[title, *_counted(found)] for title, found in lines.items()]
    _table(words.SET_COLUMNS, rows, f"{name}_sets")


def _counted(found: SetFigures) -> list[str]:
    numbers = (
        found.counts.pictures,
        found.counts.slices,
        found.counts.groups,
        found.largest_group,
        found.exact_copies,
        found.near_copies,
        found.conflicting_slices,
        found.conflicting_pictures,
    )
    return [f"{number:,}" for number in numbers]


def _leaks(figures: AuditFigures, name: str) -> None:
    tested = {
        words.set_title(key): found.leak
        for key, found in figures.sets.items()
        if found.leak.test_pictures
    }
    if not tested:
        st.info(words.NO_TEST)
        return
    shares = [(leak.exact_copy, leak.copy, leak.groupmate) for leak in tested.values()]
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": words.LEAK_CHART, "font": {"size": 14}},
            barmode="group",
            xaxis=theme.axis("", showgrid=False),
            yaxis=theme.axis("Share", range=[0, 1.05], tickformat=".0%"),
            height=340,
        )
    )
    for place, (title, look) in enumerate(zip(words.LEAK_BARS, theme.copy_bars(), strict=True)):
        values = [one[place] for one in shares]
        drawing.add_bar(
            x=list(tested),
            y=values,
            name=title,
            marker=look,
            text=[words.share(value) for value in values],
            textposition="outside",
        )
    _chart(drawing, f"{name}_leaks_chart")
    rows = [
        [title, f"{leak.test_pictures:,}", *(words.share(value) for value in one)]
        for (title, leak), one in zip(tested.items(), shares, strict=True)
    ]
    _table(words.LEAK_COLUMNS, rows, f"{name}_leaks")


def _classes(figures: AuditFigures, name: str) -> None:
    labels = words.ordered({label for inside in figures.classes.values() for label in inside})
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": words.CLASS_CHART, "font": {"size": 14}},
            barmode="stack",
            xaxis=theme.axis("", showgrid=False),
            yaxis=theme.axis("Distinct slices"),
            height=340,
        )
    )
    for label in labels:
        present = {
            words.set_title(key): inside[label].slices
            for key, inside in figures.classes.items()
            if label in inside
        }
        drawing.add_bar(
            x=list(present),
            y=list(present.values()),
            name=escape(words.class_title(label)),  # Plotly reads markup in names
            marker={
                "color": theme.class_colour(label),
                "pattern": {"shape": theme.CLASS_PATTERNS.get(label, "-")},
            },
        )
    _chart(drawing, f"{name}_classes_chart")
    rows = [
        [
            words.set_title(key),
            words.class_title(label),
            *(f"{n:,}" for n in (one.pictures, one.slices, one.groups)),
        ]
        for key, inside in figures.classes.items()
        for label, one in ((label, inside[label]) for label in labels if label in inside)
    ]
    _table(words.CLASS_COLUMNS, rows, f"{name}_classes")


def _copies(figures: AuditFigures, name: str) -> None:
    names = list(figures.sets)
    titles = [words.set_title(key) for key in names]
    sizes = {key: found.counts.pictures for key, found in figures.sets.items()}
    counts = [[figures.copies_in[key].get(other) for other in names] for key in names]
    shown = [
        ["" if count is None else words.part(count, sizes[key]) for count in line]
        for key, line in zip(names, counts, strict=True)
    ]
    drawing = go.Figure(
        go.Heatmap(
            z=[
                [None if count is None else count / sizes[key] for count in line]
                for key, line in zip(names, counts, strict=True)
            ],
            x=titles,
            y=titles,
            text=shown,
            texttemplate="%{text}",
            colorscale=theme.SEQUENTIAL,
            zmin=0,
            zmax=1,
            colorbar={"tickformat": ".0%"},
            xgap=2,
            ygap=2,
            hovertemplate="%{text} of %{y} in %{x}<extra></extra>",
        ),
        layout=theme.chart_layout(
            title={"text": words.COPIES_CHART, "font": {"size": 14}},
            xaxis=theme.axis("have a copy in", showgrid=False),
            yaxis=theme.axis("Pictures of", autorange="reversed", automargin=True, showgrid=False),
            height=380,
        ),
    )
    _chart(drawing, f"{name}_copies_chart")
    rows = [[title, *line] for title, line in zip(titles, shown, strict=True)]
    _table(["Pictures of, with a copy in", *titles], rows, f"{name}_copies")
