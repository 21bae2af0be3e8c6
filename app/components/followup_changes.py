"""What two examinations' measurements differ by, beside how far each measurement varies.

The change is told from the reader's own outlines where both examinations have one, otherwise from
the AI's: one of each is never compared.
"""

import streamlit as st

from app import followup
from app import followup_texts as words
from app.components import table
from app.followup import Examination, Outlined, Read
from ml.followup import changes

Pair = tuple[Examination, Read]


def show(prior: Pair, current: Pair) -> None:
    """Draw the tables, or say why no difference is told."""
    before, now = prior[1], current[1]
    told = _told(before, now)
    own = told[0] is before.own
    st.subheader(words.OWN_CHANGES if own else words.CHANGES)
    _both(before, now)
    reason = _why_not(prior, current, own=own)
    if reason:
        st.info(reason)
        return
    if before.own is not None or now.own is not None:
        st.markdown(words.told_from(prior=before.own is not None, current=now.own is not None))
    known = followup.variability()
    found = changes(told[0].sizes, told[1].sizes)
    rows = [words.row(name, one, known, own=own) for name, one in found.items() if one is not None]
    table.show(words.COLUMNS, rows)
    st.markdown(words.OWN_VARIABILITY if own else words.variability(known))
    if found["volume_ml"] is None:
        st.caption(words.NO_VOLUME)
    for (examination, _), outlined, first in ((prior, told[0], True), (current, told[1], False)):
        if examination.volume is not None:
            total = len(examination.slices)
            st.caption(words.measured_in(outlined.number, total, prior=first))
    st.caption(words.NO_MEANING)


def _told(prior: Read, current: Read) -> tuple[Outlined, Outlined]:
    """The two outlines that are compared: both of the reader, or both of the AI."""
    if prior.own is not None and current.own is not None:
        return prior.own, current.own
    return prior.ai, current.ai


def _both(prior: Read, current: Read) -> None:
    """Sizes of all outlines, where the reader has any."""
    if prior.own is None and current.own is None:
        return
    found = [
        None if one is None else one.sizes for one in (prior.ai, prior.own, current.ai, current.own)
    ]
    rows = words.size_rows(found)
    if rows:
        table.show(words.SIZE_COLUMNS, rows)


def _why_not(prior: Pair, current: Pair, *, own: bool) -> str:
    """Why no change is told, or ""."""
    lacking = [pair[0].slices[0].spacing_mm is None for pair in (prior, current)]
    if any(lacking):
        return words.no_millimetres(prior=lacking[0], current=lacking[1])
    missing = ["" if own else _lacks(pair[1]) for pair in (prior, current)]
    return words.no_outline(prior=missing[0], current=missing[1]) if any(missing) else ""


def _lacks(read: Read) -> str:
    if read.refused:
        return words.REFUSED
    return "" if read.ai.sizes.area_mm2 else words.NO_OUTLINE
