"""Sending the DICOM files of a signed report to the peer that the environment names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app import node_texts as words
from app import trail
from app.components import problem
from app.node.settings import ae_title, peer
from ml.errors import SulcusError

if TYPE_CHECKING:
    from app.report_subject import Form

_FORMS = {"sr": "SR", "seg": "SEG"}


def show(forms: "Mapping[str, Form]", *, signed: bool, scan: str) -> None:
    """Draw the button where a peer is named and there is anything to send.

    Args:
        forms: of the report as it stands.
        signed: a reader signed it; a draft is not sent.
        scan: content hash of what it is on.
    """
    found = {title: form.make for name, title in _FORMS.items() if (form := forms[name]).make}
    try:
        to = peer()
        if to is None or not found:
            return
        names = " and ".join(found)
        clicked = st.button(words.send(names, to.ae_title), key="send", disabled=not signed)
        if not signed:
            st.caption(words.SIGN_FIRST)
        if clicked:
            from app.node.sender import send  # pynetdicom, which nothing else here needs

            with st.spinner(words.SENDING):
                objects = {title: make() for title, make in found.items() if make is not None}
                trail.note(trail.SENDING, scan)
                send(objects, to, ae_title())
            st.success(words.sent(names, to.ae_title))
    except SulcusError as error:
        problem.show(error)
