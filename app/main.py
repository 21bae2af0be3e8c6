"""Entry of the dashboard: `streamlit run app/main.py`."""

import sys
from pathlib import Path

# Streamlit puts only this file's folder on the path; `app` and `ml` lie one above it.
HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

import streamlit as st  # noqa: E402

from app import (  # noqa: E402
    attribution_texts,
    followup_texts,
    look_texts,
    monitoring_texts,
    state,
    texts,
    theme,
    upload_answers,
    worklist_texts,
)
from app.components import gate, loading, look, notice  # noqa: E402
from app.warm_up import LOADING  # noqa: E402


def main() -> None:
    """Page settings, sign-in where it is needed, notice strip, and the page that was asked for."""
    upload_answers.keep()
    # With an entry of its own the menu is shown, and with it Streamlit's choice of theme.
    st.set_page_config(
        page_title=texts.APP_TITLE, layout="wide", menu_items={"about": look_texts.ABOUT}
    )
    st.html(theme.style_sheet())
    if not gate.passed():
        return
    LOADING.start()
    state.begin()
    page = st.navigation(
        [
            st.Page(HERE / "views" / "read.py", title=texts.PAGE_READ, default=True),
            st.Page(HERE / "views" / "worklist.py", title=worklist_texts.PAGE),
            st.Page(HERE / "views" / "followup.py", title=followup_texts.PAGE),
            st.Page(HERE / "views" / "monitoring.py", title=monitoring_texts.PAGE),
            st.Page(HERE / "views" / "accuracy.py", title=texts.PAGE_ACCURACY),
            st.Page(HERE / "views" / "trust.py", title=texts.PAGE_TRUST),
            st.Page(HERE / "views" / "errors.py", title=texts.PAGE_ERRORS),
            st.Page(HERE / "views" / "audit.py", title=texts.PAGE_AUDIT),
            st.Page(HERE / "views" / "cards.py", title=texts.PAGE_CARDS),
            st.Page(HERE / "views" / "licences.py", title=attribution_texts.PAGE),
        ],
        position="top",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="top"):
        notice.show()
        look.show()
        gate.who()
    loading.show()
    page.run()


main()
