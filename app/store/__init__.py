"""Worklist, AI answers and readings, kept in a database; no Streamlit here.

`opening.open_store` finds the place and brings the tables up to date, `repository.Repository`
reads and appends. What is appended is never changed.
"""
