"""What is lost when a process is killed, the power fails or the disk is full; no Streamlit here.

`python -m app.loss` tries it and counts; docs/robustness.md is written from the counts.
"""
