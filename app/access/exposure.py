"""Whether others than this computer's own user reach the app, and what is missing where they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from ml.errors import AccessError

__all__ = ["Listening", "check", "is_loopback"]

SHORTEST_SECRET: Final = 32
"""Characters of the secret that signs the cookies."""
PROVIDER: Final = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True)
class Listening:
    """How the app is reached.

    Attributes:
        address: that it is bound to; None for every one of this computer.
        host: name by which this page was asked for, or None where that is unknown.
        forwarded: a proxy passed it on.
        xsrf: Streamlit's protection against requests forged by other sites.
        cors: its protection against reading by other sites.
        trusted_headers: identities are taken from headers, which whoever connects could send.
    """

    address: str | None
    host: str | None
    forwarded: bool
    xsrf: bool
    cors: bool
    trusted_headers: bool

    @property
    def exposed(self) -> bool:
        """Whether another computer may be asking: by the address, the name it used, or a proxy."""
        named = self.host is not None and not is_loopback(urlsplit(f"//{self.host}").hostname)
        return named or self.forwarded or not is_loopback(self.address)


def is_loopback(name: str | None) -> bool:
    """Whether an address or a host's name is that of this computer for itself only."""
    if not name:
        return False
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.lower().rstrip(".") == "localhost"


def check(listening: Listening, auth: Mapping[str, object] | None) -> bool:
    """See that nobody gets in who should not.

    Args:
        listening: how the app is reached.
        auth: the section `[auth]` of the secrets, or None where there is none.

    Returns:
        Whether people sign in.

    Raises:
        AccessError: the app is exposed and sign-in or a protection is missing, or sign-in is
            configured in part.
    """
    if auth is None:
        if listening.exposed:
            raise AccessError(
                "This app is reached from other computers, and nobody has to sign in. It shows "
                "nothing until that is changed. Start it on 127.0.0.1, its default, or set up "
                "sign-in as docs/deployment.md says."
            )
        return False
    _check_auth(auth)
    if not (listening.xsrf and listening.cors) or listening.trusted_headers:
        raise AccessError(
            "A protection of the server is switched off. Needed are server.enableXsrfProtection "
            "and server.enableCORS as true, and no server.trustedUserHeaders: take these lines "
            "out of the command or the configuration, and start again."
        )
    return True


def _check_auth(auth: Mapping[str, object]) -> None:
    missing = [name for name in ("redirect_uri", "cookie_secret", *PROVIDER) if not auth.get(name)]
    if missing:
        raise AccessError(
            f"Sign-in is set up in part: in [auth] of the secrets there is no "
            f"{', '.join(missing)}. docs/deployment.md lists what belongs there."
        )
    if len(str(auth["cookie_secret"])) < SHORTEST_SECRET:
        raise AccessError(
            f"The cookie_secret has {len(str(auth['cookie_secret']))} characters; at least "
            f"{SHORTEST_SECRET} are needed. Make one with: "
            "python -c 'import secrets; print(secrets.token_hex())'."
        )
    address = urlsplit(str(auth["redirect_uri"]))
    if address.scheme != "https" and not is_loopback(address.hostname):
        raise AccessError(
            "The redirect_uri in [auth] of the secrets is not encrypted, so a cookie could be "
            "read on its way. Accepted is https, or http on this computer itself."
        )
