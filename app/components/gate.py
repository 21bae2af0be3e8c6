"""What stands before every page: sign-in where it is needed, and why there is nothing where not."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from app import access_session, trail
from app import access_texts as words
from app.access.ended import ENDED
from app.access.exposure import Listening, check
from app.access.person import Person, person_of
from app.access.settings import AccessSettings, access_settings
from app.components import notice, problem
from ml.errors import AccessError, StoreError

_LOOK_EVERY_S = 30.0
"""How often a page that nobody touches looks whether its session is over."""


def passed() -> bool:
    """Whether the pages may be drawn; where not, draw why and what to do."""
    try:
        if not check(_listening(), _section("auth")):
            return True
        settings = access_settings(_section("access"))
    except AccessError as error:
        st.title(words.CLOSED)
        problem.show(error)
        return False
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        _offer()
        return False
    try:
        person = person_of(claims, settings)
    except AccessError as error:
        problem.show(error)
        _note(trail.NOT_ADMITTED)
        st.button(words.SIGN_OUT, key="access.out", on_click=st.logout)
        return False
    return _goes_on(person, settings)


def who() -> None:
    """Draw who is signed in and the way out; nothing where nobody has to sign in."""
    person = access_session.person()
    if person is not None:
        st.text(words.signed_in(person.name, person.role), width="content")
        if st.button(words.SIGN_OUT, key="access.out", type="tertiary"):
            ENDED.end(person)
            _note(trail.SIGNED_OUT)
            access_session.leave()
            st.logout()
            st.stop()


def _goes_on(person: Person, settings: AccessSettings) -> bool:
    """Whether a session goes on; one that is over is closed, in other windows too."""
    over = ENDED.over(person, datetime.now(UTC))
    if over or not access_session.enter(person, settings.idle_minutes):
        if access_session.person() is not None:
            _note(trail.SESSION_OVER)
        ENDED.end(person)
        access_session.leave()
        st.warning(words.OVER)
        _offer()
        return False
    _note(trail.SIGNED_IN)
    _watch(settings.idle_minutes)
    return True


@st.fragment(run_every=_LOOK_EVERY_S)
def _watch(idle_minutes: float) -> None:
    """Look by itself whether the session is over, so that no picture stays on a lonely screen."""
    person = access_session.person()
    idle = access_session.idle_for() > idle_minutes * 60
    if person is None or idle or ENDED.over(person, datetime.now(UTC)):
        st.rerun()


def _note(what: str) -> None:
    """A line of the audit trail, once a session."""
    try:
        trail.note_once(what)
    except StoreError as error:
        problem.show(error)


def _offer() -> None:
    """The button that leads to the provider."""
    notice.show()
    st.title(words.SIGN_IN_TITLE)
    st.caption(words.SIGN_IN_HELP)
    if st.button(words.SIGN_IN, key="access.in", type="primary"):
        st.login()


def _listening() -> Listening:
    headers = st.context.headers
    return Listening(
        address=st.get_option("server.address"),
        host=headers.get("Host"),
        forwarded=any(name in headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip")),
        xsrf=bool(st.get_option("server.enableXsrfProtection")),
        cors=bool(st.get_option("server.enableCORS")),
        trusted_headers=bool(st.get_option("server.trustedUserHeaders")),
    )


def _section(name: str) -> dict[str, Any] | None:
    """A section of the secrets, or None where it is not there."""
    if not st.secrets.load_if_toml_exists() or name not in st.secrets:
        return None
    return dict(st.secrets[name])
