"""Who may do what, and for how long: the section `[access]` of the secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ml.errors import AccessError

__all__ = ["EVERYBODY", "AccessSettings", "access_settings"]

EVERYBODY: Final = "*"
"""As a reader: whoever can sign in."""
_HOURS: Final = 8.0
_MINUTES: Final = 30.0
_NAMES: Final = ("role_claim", "readers", "admins", "session_hours", "idle_minutes")


@dataclass(frozen=True)
class AccessSettings:
    """What `[access]` says.

    Attributes:
        role_claim: claim of the sign-in that tells the role: an e-mail address, groups …
        readers: its values that read; `EVERYBODY` for all.
        admins: its values that may also see the audit trail.
        session_hours: hours after which one has to sign in again.
        idle_minutes: likewise, minutes without doing anything.
    """

    role_claim: str
    readers: frozenset[str]
    admins: frozenset[str]
    session_hours: float
    idle_minutes: float


def access_settings(section: Mapping[str, object] | None) -> AccessSettings:
    """The settings.

    Args:
        section: `[access]` of the secrets, or None where there is none.

    Raises:
        AccessError: nobody may do anything, or a value cannot be used.
    """
    found = section or {}
    unknown = sorted(set(found) - set(_NAMES))
    if unknown:
        raise AccessError(
            f"In [access] of the secrets stands {', '.join(unknown)}, which is not known. Known "
            f"are {', '.join(_NAMES)}."
        )
    readers, admins = _names(found, "readers"), _names(found, "admins")
    if not readers | admins:
        raise AccessError(
            "Nobody may read: in [access] of the secrets neither readers nor admins are named. "
            'Name them, for example readers = ["radiology"] with role_claim = "groups".'
        )
    if EVERYBODY in admins:
        raise AccessError(
            f'In [access] of the secrets "{EVERYBODY}" makes everybody an admin. Name the admins.'
        )
    return AccessSettings(
        role_claim=str(found.get("role_claim") or "email"),
        readers=readers,
        admins=admins,
        session_hours=_number(found, "session_hours", _HOURS, most=24.0),
        idle_minutes=_number(found, "idle_minutes", _MINUTES, most=24.0 * 60.0),
    )


def _names(section: Mapping[str, object], name: str) -> frozenset[str]:
    listed = section.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise AccessError(
            f"{name} in [access] of the secrets is no list of names. Accepted is, for example, "
            f'{name} = ["radiology"].'
        )
    return frozenset(listed)


def _number(section: Mapping[str, object], name: str, default: float, *, most: float) -> float:
    value = section.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise AccessError(
            f"{name} in [access] of the secrets is {value!r}. Accepted is a number above 0, at "
            f"most {most:g}."
        )
    return float(value)
