"""Who signed in: the claims of an OpenID sign-in → name, role, and when it ends.

Reference: OpenID Connect Core 1.0, section 2 (iss, sub, iat) and 5.1 (name, email_verified).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from app.access.settings import EVERYBODY, AccessSettings
from app.store.checks import LONGEST_NAME
from ml.errors import AccessError

__all__ = ["ADMIN", "READER", "Person", "person_of"]

READER: Final = "reader"
ADMIN: Final = "admin"
_MARK_DIGITS: Final = 8


@dataclass(frozen=True)
class Person:
    """Somebody who signed in and may read.

    Attributes:
        name: as it stands in readings and reports; the digits after it tell apart two of a name.
        role: `READER` or `ADMIN`.
        login: digest of this one sign-in; another one has another.
        until: when it ends at the latest, UTC.
    """

    name: str
    role: str
    login: str
    until: datetime


def person_of(claims: Mapping[str, object], settings: AccessSettings) -> Person:
    """Who the claims are about; their signature was checked by Streamlit.

    Raises:
        AccessError: they are not complete, or name somebody who may not read.
    """
    issuer, subject, issued = (claims.get(name) for name in ("iss", "sub", "iat"))
    if not issuer or not subject or isinstance(issued, bool) or not isinstance(issued, int | float):
        raise AccessError(
            "The sign-in does not say who you are or when it was made (iss, sub and iat are "
            "needed). Ask whoever runs the OpenID provider."
        )
    begun = datetime.fromtimestamp(issued, UTC)
    return Person(
        name=_name(claims, _digest(issuer, subject)[:_MARK_DIGITS]),
        role=_role(claims, settings),
        login=_digest(issuer, subject, issued, claims.get("nonce")),
        until=begun + timedelta(hours=settings.session_hours),
    )


def _role(claims: Mapping[str, object], settings: AccessSettings) -> str:
    value = claims.get(settings.role_claim)
    has = {one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)}
    if settings.role_claim == "email" and claims.get("email_verified") is not True:
        has = set()  # whoever may type an address may type another one's
    if has & settings.admins:
        return ADMIN
    if EVERYBODY in settings.readers or has & settings.readers:
        return READER
    raise AccessError(
        "You are signed in, but are not among those who may read here. Ask whoever runs this app "
        f"to add you: the claim {settings.role_claim} of your sign-in decides."
    )


def _name(claims: Mapping[str, object], mark: str) -> str:
    """A name on one line, with digits that only this person has."""
    stated = next((claims[key] for key in ("name", "preferred_username") if claims.get(key)), "")
    line = " ".join("".join(one if one.isprintable() else " " for one in str(stated)).split())
    return f"{line[: LONGEST_NAME - len(mark) - 3]} ({mark})".strip()


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
