"""The audit of a set that the reader uploads: choosing it, running it, and what came out."""

from typing import TYPE_CHECKING

import streamlit as st

from app import audit_session, audits, uploaded
from app import audit_texts as words
from app.components import audit_figures, download, problem, table
from ml.datasets.audit_rows import COLUMNS, csv_rows
from ml.datasets.own_set import OwnSet, worst_clusters
from ml.datasets.picture import PICTURE_SUFFIXES
from ml.errors import DatasetError, SulcusError
from ml.io.limits import MAX_ARCHIVE_BYTES, MAX_BYTES

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile


def show() -> None:
    """Draw the uploaders, and the last audit."""
    st.subheader(words.OWN_HEADING)
    st.markdown(words.OWN_INTRO)
    st.caption(words.OWN_KEPT)
    left, right = st.columns(2, gap="large")
    archive = left.file_uploader(
        words.ZIP,
        type="zip",
        key=audit_session.upload_key("zip"),
        max_upload_size=MAX_ARCHIVE_BYTES // 2**20,
    )
    folder = right.file_uploader(
        words.FOLDER_UPLOAD,
        type=sorted(PICTURE_SUFFIXES),
        accept_multiple_files="directory",
        key=audit_session.upload_key("folder"),
        max_upload_size=MAX_BYTES // 2**20,
    )
    if (archive or folder) and st.button(words.START, type="primary"):
        _run(archive, folder)
        st.rerun()
    found = audit_session.audited()
    if isinstance(found, SulcusError):
        problem.show(found)
    elif found is not None:
        _result(found)


def _run(archive: "UploadedFile | None", folder: "list[UploadedFile]") -> None:
    """Audit with a progress bar; the zip where both were chosen."""
    bar = st.progress(0.0, text=words.UNPACKING)

    def progress(step: str, done: float) -> None:
        bar.progress(done, text=words.step(step, done))

    try:
        if archive is not None:
            audit_session.keep(audits.of_zip(archive.getvalue(), progress))
        else:
            files = [(file.name, file.getvalue()) for file in folder]
            audit_session.keep(audits.of_folder(files, progress))
    except DatasetError as error:
        # A new error: the traceback of the first would keep the upload's bytes.
        audit_session.keep(type(error)(str(error)))
    uploaded.release(folder if archive is None else [archive])


def _result(found: OwnSet) -> None:
    st.button(words.FORGET, on_click=audit_session.forget)
    st.markdown(words.known(found))
    missing = words.outside(found)
    if missing:
        st.markdown(missing)
    if found.left_out:
        with st.expander(words.LEFT_OUT):
            st.text("\n".join(found.left_out))
    audit_figures.show(audits.figures(found), name="own_audit")
    st.subheader(words.CLUSTERS_HEADING)
    clusters = worst_clusters(found.rows)
    if clusters:
        st.markdown(words.clusters(len(clusters)))
        rows = [words.cluster(one) for one in clusters[: words.CLUSTERS_SHOWN]]
        table.show(words.CLUSTER_COLUMNS, rows)
    else:
        st.markdown(words.NO_CLUSTERS)
    _rows(found)


def _rows(found: OwnSet) -> None:
    """Every picture as a CSV, as the command writes it."""
    known = found.known or {}
    download.show(
        words.ROWS,
        [*COLUMNS, words.OUR_TRAINING],
        (
            [*(row[name] for name in COLUMNS), known.get(str(row["path"]), "")]
            for row in csv_rows(found.rows)
        ),
        name="own_audit_rows",
    )
