"""The reader's word on a series as a whole, and its report."""

from typing import TYPE_CHECKING

import streamlit as st

from app import services, study_services
from app.components import problem, readers_word, recorder
from app.reports.series_result import SeriesResult
from ml.errors import SulcusError
from ml.io.series import Series

if TYPE_CHECKING:
    from app.report_subject import Subject


def word(series: Series) -> int | None:
    """Note the answer for the series on the worklist, and ask for the reader's word on it.

    Args:
        series: on screen; nothing is drawn where it was not read as a whole.

    Returns:
        Number of the answer, None where it is not on the worklist.
    """
    volume = study_services.volume(series)
    found = study_services.known(volume)
    if found is None:
        return None
    words = st.container()
    answer_id = recorder.show_series(series, volume, found)
    if answer_id is not None:
        label = None if found.answer is None else found.answer.label
        with words:
            readers_word.show(series.content_hash, label, answer_id)
    return answer_id


def subject(series: Series) -> "Subject | None":
    """What a report on a series is on, or None after saying why there is none."""
    volume = study_services.volume(series)
    found = study_services.known(volume)
    if found is None:
        return None
    try:
        key = services.analysis(volume.slices[found.highest])
    except SulcusError as error:
        problem.show(error)
        return None
    from app.report_subject import of_series  # the libraries that write files come with it

    return of_series(SeriesResult(series, volume, found, key))
