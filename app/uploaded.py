"""Letting go of uploaded files: Streamlit itself keeps their bytes until the session is over."""

from collections.abc import Sequence

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

__all__ = ["release", "taken"]


def taken(files: Sequence[UploadedFile]) -> list[tuple[str, bytes]]:
    """Files as (name, bytes); the uploader holds them no more."""
    found = [(file.name, file.getvalue()) for file in files]
    release(files)
    return found


def release(files: Sequence[UploadedFile]) -> None:
    """Let go of files that were read; call where their uploader is drawn no more."""
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for file in files:
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
