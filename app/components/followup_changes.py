"""What two examinations' measurements differ by, beside how far each measurement varies."""

import streamlit as st

from app import followup
from app import followup_texts as words
from app.components import table
from app.followup import Examination, Read
from ml.followup import changes

Pair = tuple[Examination, Read]


def show(prior: Pair, current: Pair) -> None:
    """Draw the table, or say why no difference is told."""
    st.subheader(words.CHANGES)
    reason = _why_not(prior, current)
    if reason:
        st.info(reason)
        return
    known = followup.variability()
    found = changes(prior[1].sizes, current[1].sizes)
    rows = [words.row(name, one, known) for name, one in found.items() if one is not None]
    table.show(words.COLUMNS, rows)
    st.markdown(words.variability(known))
    if found["volume_ml"] is None:
        st.caption(words.NO_VOLUME)
    for (examination, read), first in ((prior, True), (current, False)):
        if examination.volume is not None:
            st.caption(words.measured_in(read.number, len(examination.slices), prior=first))
    st.caption(words.NO_MEANING)


def _why_not(prior: Pair, current: Pair) -> str:
    """Why there is no table, or ""."""
    lacking = [pair[0].slices[0].spacing_mm is None for pair in (prior, current)]
    if any(lacking):
        return words.no_millimetres(prior=lacking[0], current=lacking[1])
    missing = [_lacks(pair[1]) for pair in (prior, current)]
    return words.no_outline(prior=missing[0], current=missing[1]) if any(missing) else ""


def _lacks(read: Read) -> str:
    if read.refused:
        return words.REFUSED
    return "" if read.sizes.area_mm2 else words.NO_OUTLINE
