"""DICOM in and out: a receiver that fills the worklist, and sending to a peer; no Streamlit here.

Optional, and off unless it is started (`python -m app.dicom_node`) or a peer is named.
"""
