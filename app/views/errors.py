"""When it is wrong: every held-out mistake, the worst first."""

import streamlit as st

from app import error_texts as words
from app import held_out, look_texts, state
from app.components import choice, mistake_filters, mistake_picture, problem
from ml.errors import MetricsError
from ml.evaluation.mistakes import KINDS, Mistake, as_csv


def page() -> None:
    """Draw the view, or say which command writes the rows."""
    st.header(words.HEADING)
    try:
        with st.spinner(look_texts.LOADING):
            found = held_out.mistakes()
    except MetricsError as error:
        problem.show(error)
        return
    st.markdown(words.INTRO)
    kind = choice.show(words.KIND, KINDS, key=state.ERROR_KIND, format_func=words.kind)
    if kind is None:
        return
    rows, shown = mistake_filters.show(found, kind)
    st.markdown(words.total(found, kind, rows, len(shown)))
    st.caption(words.WORST[kind])
    if shown:
        _listed(shown)
    else:
        st.info(words.NOTHING)
    st.caption(words.measured(found))


def _listed(shown: tuple[Mistake, ...]) -> None:
    """The table, its download, and the picture of one row beside it."""
    left, right = st.columns([5, 2], gap="large")
    with left:
        lines = [words.cells(place, one) for place, one in enumerate(shown, start=1)]
        st.dataframe(lines, hide_index=True, width="stretch", height=560)
        st.download_button(words.DOWNLOAD, as_csv(shown), file_name=words.FILE, mime="text/csv")
    with right:
        known = {one.id: (place, one) for place, one in enumerate(shown, start=1)}
        state.start_choice(state.ERROR_PICTURE, list(known))
        chosen = st.selectbox(
            words.PICTURE,
            list(known),
            key=state.ERROR_PICTURE,
            format_func=lambda name: f"{known[name][0]}. {name}",
        )
        mistake_picture.show(known[chosen][1])


page()
