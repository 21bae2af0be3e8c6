"""A series: read once with a bar; the slice to look at, its answer, its strip."""

import streamlit as st

from app import shortcuts, state, study_services
from app import study_texts as words
from app.components import problem, study_answer, study_strip
from app.records import Hung
from ml.errors import SulcusError
from ml.io.series import Series
from ml.results import Scan
from ml.study import StudyReading
from ml.volume import Volume


def opened(series: Series, *, hidden: bool) -> tuple[Scan, Hung] | None:
    """Decode and read a series; what belongs to it as a whole is drawn by `answer` and `strip`.

    Args:
        series: what is open.
        hidden: the series is read blind: nothing that the AI says is drawn or sets the slice.

    Returns:
        The slice on screen and how it hangs, or None after saying why there is none.
    """
    try:
        with st.spinner(words.DECODING):
            volume = study_services.volume(series)
    except SulcusError as error:
        problem.show(error)
        return None
    found = None if hidden else _read(volume)
    number = _number(volume, found)
    scan = volume.slices[number - 1]
    middle = volume.slices[len(volume.slices) // 2]
    return scan, Hung(
        key=volume.content_hash,
        letters=volume.letters,
        windowed=middle,
        line=words.slice_line(volume, number, scan),
        number=number,
        volume=volume,
        found=found,
    )


def answer(hung: Hung, left_out: tuple[str, ...]) -> None:
    """Draw what the series says; nothing where that is hidden.

    Args:
        hung: the series on screen.
        left_out: why files of the same upload are in no series.
    """
    if hung.found is not None:
        study_answer.show(hung.found, hung.volume, left_out)


def strip(hung: Hung) -> None:
    """Draw the slider of the slices, and below it how probable a tumour is in each."""
    _scroll(hung.volume, hung.found, hung.number)
    if hung.found is not None:
        study_strip.show(hung.found, hung.number)


def _read(volume: Volume) -> StudyReading | None:
    """The series as read, or None where it was not: reading the slice on screen says why."""
    bar = st.empty()

    def tell(done: int, total: int) -> None:
        bar.progress(done / total, text=words.progress(done, total))

    try:
        return study_services.reading(volume, tell)
    except SulcusError:
        return None
    finally:
        bar.empty()


def _number(volume: Volume, found: StudyReading | None) -> int:
    """The slice on screen, from 1; at first the highest one."""
    first = len(volume.slices) // 2 if found is None else found.highest
    return state.start_slice(volume.content_hash, first + 1)


def _scroll(volume: Volume, found: StudyReading | None, number: int) -> None:
    """Buttons with their keys, and a slider where there is anything to slide."""
    total, key = len(volume.slices), volume.content_hash
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="slices"):
        _button(
            words.DOWN, key, number - 1, disabled=number == 1, shortcut=shortcuts.SLICE_DOWN.key
        )
        _button(
            words.UP, key, number + 1, disabled=number == total, shortcut=shortcuts.SLICE_UP.key
        )
        if total > 1:
            st.slider(
                words.SLICE,
                1,
                total,
                key=state.slice_key(key),
                help=words.SLICE_HELP,
                label_visibility="collapsed",
            )
        st.html(
            f'<span class="sulcus-muted">{words.position(number, total)}</span>', width="content"
        )
        if found is not None:
            highest = found.highest + 1
            _button(words.HIGHEST, key, highest, disabled=number == highest)


def _button(
    label: str, key: str, number: int, *, disabled: bool, shortcut: str | None = None
) -> None:
    st.button(
        label,
        key=f"study.{label}",
        on_click=state.move_slice,
        args=(key, number),
        disabled=disabled,
        shortcut=shortcut,
    )
