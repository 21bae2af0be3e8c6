"""A page behind the gate, without the networks: `streamlit run tests/access/guarded.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import streamlit as st

from app import access_session, reader_session
from app.components import gate

if gate.passed():
    gate.who()
    st.text(f"Reads: {reader_session.reader()}")
    st.text(f"Administers: {access_session.may_administer()}")
