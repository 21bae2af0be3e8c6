"""Words of signing in and out."""

from typing import Final

CLOSED: Final = "This app is closed"
SIGN_IN: Final = "Sign in"
SIGN_IN_TITLE: Final = "Sign in to read"
SIGN_IN_HELP: Final = "Signing in is done by the OpenID provider of your house, not by this app."
SIGN_OUT: Final = "Sign out"
OVER: Final = (
    "Your session is over: it was signed out, its hours have passed, or nothing was done for too "
    "long. What was open is closed. Words, outlines and signatures that were stored stay stored. "
    "Sign in again to go on."
)
ROLES: Final[dict[str, str]] = {"reader": "reader", "admin": "admin"}


def signed_in(name: str, role: str) -> str:
    """Who is signed in, and as what."""
    return f"{name}, {ROLES[role]}"
