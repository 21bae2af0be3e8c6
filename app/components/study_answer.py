"""What a series says as a whole: the answer with its rule, the volume, what is not known."""

from collections.abc import Sequence
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
    answer, refused = found.answer, words.counts(found)
    said = [] if answer is None else [words.answer_line(answer), words.usual_reading(answer)]
    support = _lines("support", [*said, *words.size_lines(found), *refused])
    st.html(
        f'<div class="sulcus-muted">{words.HEADING}</div><div class="sulcus-verdict">'
        f'<div class="headline">{escape(words.headline(found))}</div>{support}</div>'
    )
    with st.expander(words.HOW):
        if answer is not None:
            st.html(_lines("sulcus-muted", [words.rule(found), words.NOT_MEASURED]))
        for note in (*volume.notes, *words.left_out(left_out)):
            st.text(note)


def _lines(kind: str, lines: Sequence[str]) -> str:
    return "".join(f'<div class="{kind}">{escape(line)}</div>' for line in lines if line)
