"""Follow-up: an earlier examination beside the current one, and what the measurements differ by."""

from collections.abc import Sequence

import streamlit as st

from app import followup, state
from app import followup_texts as words
from app.archive import archive
from app.components import (
    followup_changes,
    followup_pictures,
    followup_reading,
    problem,
    readers_word,
    recorder,
)
from app.followup import Examination, Option, Read
from ml.errors import StoreError, SulcusError


def page() -> None:
    """Draw the view, or say what to do where there are no two examinations."""
    st.header(words.HEADING)
    try:
        found = followup.options(archive().worklist())
    except StoreError as error:
        problem.show(error)
        return
    if len(found) < 2:
        st.html(f'<div class="sulcus-empty"><h3>{words.EMPTY}</h3>{words.EMPTY_HELP}</div>')
        return
    st.markdown(words.INTRO)
    left, right = st.columns(2, gap="medium")
    with right:
        current = _chosen(words.CURRENT, found, followup.CURRENT)
    others = followup.priors(found, current)
    if not others:
        st.info(words.NO_PRIOR)
        return
    with left:
        prior = _chosen(words.PRIOR, others, followup.PRIOR)
    _cautions(prior, current)
    _beside(prior, current)


def _chosen(label: str, found: Sequence[Option], key: str) -> Option:
    """The box that chooses one of several examinations."""
    known = {one.content_hash: one for one in found}
    state.start_choice(key, list(known))
    chosen = st.selectbox(label, list(known), key=key, format_func=lambda name: known[name].title)
    return known[chosen]


def _cautions(prior: Option, current: Option) -> None:
    """What speaks against comparing the two."""
    if not followup.same_patient(prior, current):
        st.warning(words.OTHER_PATIENT)
    dates = (prior.study_date, current.study_date)
    if dates[0] is not None and dates[1] is not None and dates[0] > dates[1]:
        st.warning(words.DATES)


def _beside(prior: Option, current: Option) -> None:
    """Both pictures, and what the measurements differ by where both were read."""
    try:
        before, now = followup.examination(prior), followup.examination(current)
    except SulcusError as error:
        problem.show(error)
        return
    for one in (prior, current):
        recorder.seen(one.content_hash)
    hidden = any(readers_word.hidden(one.content_hash) for one in (prior, current))
    earlier = None if hidden else followup_reading.show(before, words.PRIOR)
    later = None if hidden else followup_reading.show(now, words.CURRENT)
    followup_pictures.show((before, earlier), (now, later))
    if hidden:
        st.caption(words.HIDDEN)
    _changes(before, earlier, now, later)


def _changes(
    before: Examination, earlier: Read | None, now: Examination, later: Read | None
) -> None:
    if earlier is not None and later is not None:
        followup_changes.show((before, earlier), (now, later))


page()
