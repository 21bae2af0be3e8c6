"""What a series says as a whole: the answer with its rule, the volume, what is not known."""

from html import escape

import streamlit as st

from app import study_texts as words
from ml.study import StudyReading
from ml.volume import Volume


def show(found: StudyReading, volume: Volume, left_out: tuple[str, ...]) -> None:
    """Draw the block.

    Args:
        found: the series as read.
        volume: the series.
        left_out: why files of the upload are not in it.
    """
    lines = []
    if found.answer is not None:
        lines = [words.answer_line(found.answer), words.usual_reading(found.answer)]
        lines += [words.rule(found), words.NOT_MEASURED]
    lines += [*words.size_lines(found), *words.counts(found), words.NOT_NOTED]
    support = "".join(f'<div class="support">{escape(line)}</div>' for line in lines if line)
    st.html(
        f'<div class="sulcus-muted">{words.HEADING}</div><div class="sulcus-verdict">'
        f'<div class="headline">{escape(words.headline(found))}</div>{support}</div>'
    )
    notes = [*volume.notes, *words.left_out(left_out)]
    if notes:
        with st.expander(words.NOTES):
            for note in notes:
                st.text(note)
