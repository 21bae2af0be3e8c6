"""Opening scans: the uploader, the simulated samples and the guided demo."""

import streamlit as st

from app import samples, state, texts, uploads
from app.components import tour
from app.records import Sample
from ml.io.limits import MAX_ARCHIVE_BYTES


def show() -> None:
    """Draw the uploader and one button a sample; all put files into the session's list."""
    st.file_uploader(
        texts.UPLOAD,
        accept_multiple_files=True,
        key=state.upload_key(),
        on_change=uploads.take,
        help=texts.UPLOAD_HELP,
        max_upload_size=MAX_ARCHIVE_BYTES // 2**20,
    )
    st.html(f'<div class="sulcus-muted">{texts.ACCEPTED} {texts.UPLOAD_HELP}</div>')
    known = [*samples.shipped(), *filter(None, [samples.series()])]
    if not known:
        st.caption(texts.NO_SAMPLES)
        return
    st.html(f'<div class="sulcus-muted">{texts.SAMPLES}</div>')
    with st.container(horizontal=True, gap="small", key="samples"):
        for number, sample in enumerate(known):
            st.button(
                sample.title,
                key=f"sample.{number}",
                on_click=_open_sample,
                args=(sample,),
            )
        tour.offer()


def _open_sample(sample: Sample) -> None:
    state.add(uploads.arranged([(sample.title, sample.file.read_bytes())]))
