"""The pictures of two examinations side by side: one window, one scale, linked slices."""

import streamlit as st

from app import followup, state, theme
from app import followup_texts as words
from app.followup import Examination, Read
from ml import display
from ml.followup import Linked, linked
from ml.results import Scan
from ml.side_by_side import Mark, common_field_mm, drawn, levels_between

Shown = tuple[Examination, Read | None]


def show(prior: Shown, current: Shown) -> None:
    """Draw the controls and both pictures, the prior on the left; outlines where they are read."""
    numbers, link = _numbers(prior, current)
    places = (_place(prior, numbers[0]), _place(current, numbers[1]))
    low, high = st.slider(
        words.WINDOW, 0.0, 100.0, (1.0, 99.0), key=followup.WINDOW, help=words.WINDOW_HELP
    )
    field = common_field_mm(places[0][0], places[1][0])
    titles = (words.PRIOR, words.CURRENT)
    for column, title, shown, (scan, place, marks) in zip(
        st.columns(2, gap="small"), titles, (prior, current), places, strict=True
    ):
        middle = shown[0].slices[len(shown[0].slices) // 2]
        window = levels_between(middle, low, high)
        picture = drawn(scan, window, marks=marks, field_mm=field)
        below = words.title(scan, place, len(shown[0].slices))
        with column:
            st.markdown(f"**{title}**")
            st.image(display.png(picture), width="stretch", alt=f"{title}: {below}")
            st.caption(below)
    if any(mark.dashed for _, _, marks in places for mark in marks):
        st.caption(words.OWN_DASHED)
    if link is not None:
        st.caption(words.link(link))
    st.caption(words.NO_SCALE if field is None else words.ONE_SCALE)
    letters = [scan.letters for scan, _, _ in places]
    if letters[0] is None or letters[0] != letters[1]:
        st.warning(words.HANG_OTHERWISE)


def _numbers(prior: Shown, current: Shown) -> tuple[tuple[int, int], Linked | None]:
    """The slices on screen, from 1, and how they are linked where both are series."""
    here, there = current[0].volume, prior[0].volume
    if here is None or there is None:
        return (_scrolled(*prior), _scrolled(*current)), None
    number = _scrolled(*current)
    link = linked(here, number, there)
    if link.apart_mm is not None:
        shift = st.number_input(
            words.SHIFT, -300.0, 300.0, 0.0, step=1.0, key=followup.SHIFT, help=words.SHIFT_HELP
        )
        link = linked(here, number, there, shift_mm=shift)
    return (link.number, number), link


def _scrolled(found: Examination, read: Read | None) -> int:
    """The slice of a series that is scrolled, from 1; at first the one that was measured."""
    total = len(found.slices)
    if total == 1:
        return 1
    key = followup.slice_key(found.content_hash)
    state.keep(key, state.recall(key, total // 2 + 1 if read is None else read.ai.number))
    return int(st.slider(words.SLICE, 1, total, key=key))


def _place(shown: Shown, number: int) -> tuple[Scan, int, list[Mark]]:
    """A slice, its place from 1, and what is outlined in it; the reader's own is dashed."""
    found, read = shown
    masks = [] if read is None else [(read.ai.masks[number - 1], theme.MASK_RGB, False)]
    if read is not None and read.own is not None:
        masks.append((read.own.masks[number - 1], theme.OWN_RGB, True))
    marks = [Mark(mask, colour, dashed) for mask, colour, dashed in masks if mask is not None]
    return found.slices[number - 1], number, marks
