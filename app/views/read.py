"""Read a scan: open files, look at the raw picture beside the AI view, read the verdicts."""

import streamlit as st

from app import services, state, texts
from app.components import (
    all_reports,
    conflicts,
    heat_worth,
    layer_controls,
    measurements,
    navigator,
    opener,
    problem,
    provenance,
    readings_table,
    refusal,
    report,
    stress,
    training_copy,
    verdict,
    viewer,
    windowing,
)
from ml.errors import SulcusError
from ml.results import Analysis, Refused, Scan


def page() -> None:
    """Draw the view."""
    file = state.active()
    if file is None:
        st.html(
            f'<div class="sulcus-empty"><h3>{texts.NOTHING_OPEN}</h3>{texts.WHAT_HAPPENS}</div>'
        )
        opener.show()
        return
    navigator.show()
    try:
        scan = services.scan(file.content_hash, file.data)
    except SulcusError as error:
        problem.show(error)
    else:
        _reading(scan, file.data)
    if len(state.opened()) > 1:
        readings_table.show()
        all_reports.show()


def _reading(scan: Scan, data: bytes) -> None:
    """Pictures, what was found, and the controls of the pictures; the theme places them."""
    window = state.window(scan.content_hash) or (scan.window.center, scan.window.width)
    with st.container(key="reading"):
        pictures = st.container(key="pictures")
        panel = st.container(key="panel")
        controls = st.container(key="controls")
    with panel:
        st.html(f'<div class="sulcus-muted">{texts.scan_line(scan)}</div>')
        answer = _analysed(scan)
        read = answer if isinstance(answer, Analysis) else None
        if isinstance(answer, Refused):
            refusal.show(answer)
        if read is not None:
            heat_worth.begin(read)
            training_copy.show(read)
            verdict.show(read)
            conflicts.show(read)
            measurements.show(read)
        provenance.show(scan, read)
    with pictures:
        viewer.show(scan, window, read)
    left, right = controls.columns([3, 8], gap="medium")
    with left:
        windowing.show(scan)
    if read is not None:
        with right:
            layer_controls.show(read)
        stress.show(scan)
    if answer is not None:
        report.show(answer, data)


def _analysed(scan: Scan) -> Analysis | Refused | None:
    """What came of reading the scan, or None after saying why nothing did."""
    try:
        with st.spinner(texts.READING):
            return services.analysis(scan)
    except SulcusError as error:
        problem.show(error)
        return None


page()
