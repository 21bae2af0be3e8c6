"""Words of what is sent to another DICOM system."""

from typing import Final

SENDING: Final = "The files are sent"
SIGN_FIRST: Final = "A draft is not sent into the patient's study: sign it first."


def send(names: str, title: str) -> str:
    """The button that sends, for example "SR and SEG"."""
    return f"Send {names} to {title}"


def sent(names: str, title: str) -> str:
    """That the peer confirmed all of them."""
    return f"{title} confirmed {names}."
