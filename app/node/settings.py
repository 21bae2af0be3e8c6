"""What the environment says of the DICOM node and of the peer that reports are sent to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ml.errors import NodeError

__all__ = ["FILES", "PIXELS", "NodeSettings", "Peer", "ae_title", "node_settings", "peer"]

PIXELS: Final = "pixels"
FILES: Final = "files"
_AE_TITLE: Final = "SULCUS"
_HOST: Final = "127.0.0.1"
_PORT: Final = "11112"  # the port registered for DICOM (PS3.8 9.1.1)
_IDLE_S: Final = "10"


@dataclass(frozen=True)
class NodeSettings:
    """How the receiver runs.

    Attributes:
        ae_title: its own name.
        host: address that it listens on.
        port: likewise; 0 for any free one.
        callers: AE titles that may call, at least one.
        keep: `PIXELS` for the decoded pictures without header, `FILES` for the files as received,
            with the patient's identity in them.
        idle_s: seconds without a new slice after which a series is whole.
    """

    ae_title: str
    host: str
    port: int
    callers: tuple[str, ...]
    keep: str
    idle_s: float


@dataclass(frozen=True)
class Peer:
    """Where reports are sent."""

    ae_title: str
    host: str
    port: int


def node_settings(environment: Mapping[str, str] = os.environ) -> NodeSettings:
    """The settings of the receiver.

    Raises:
        NodeError: nobody may call, it is not said what is kept, or a value cannot be used.
    """
    listed = environment.get("SULCUS_DICOM_CALLERS", "").split(",")
    callers = tuple(_title(one, "SULCUS_DICOM_CALLERS") for one in listed if one.strip())
    if not callers:
        raise NodeError(
            "No AE title may call, so nothing would be received. Name those that may, with commas "
            "between them: SULCUS_DICOM_CALLERS=SCANNER1,PACS."
        )
    keep = environment.get("SULCUS_DICOM_KEEP", "")
    if keep not in (PIXELS, FILES):
        raise NodeError(
            "It is not said what is kept of a received series. Set SULCUS_DICOM_KEEP=pixels to "
            "keep the decoded pictures without their header, or SULCUS_DICOM_KEEP=files to keep "
            "the files with the patient's identity in them, which DICOM SR and SEG need."
        )
    idle = environment.get("SULCUS_DICOM_IDLE_S") or _IDLE_S
    return NodeSettings(
        ae_title=ae_title(environment),
        host=environment.get("SULCUS_DICOM_HOST") or _HOST,
        port=_number(environment.get("SULCUS_DICOM_PORT") or _PORT, "SULCUS_DICOM_PORT", 65535),
        callers=callers,
        keep=keep,
        idle_s=_number(idle, "SULCUS_DICOM_IDLE_S", 3600),
    )


def ae_title(environment: Mapping[str, str] = os.environ) -> str:
    """The AE title of this program.

    Raises:
        NodeError: it is none.
    """
    return _title(environment.get("SULCUS_DICOM_AET") or _AE_TITLE, "SULCUS_DICOM_AET")


def peer(environment: Mapping[str, str] = os.environ) -> Peer | None:
    """Where reports are sent, or None where no peer is named.

    Raises:
        NodeError: `SULCUS_DICOM_PEER` cannot be used.
    """
    text = environment.get("SULCUS_DICOM_PEER")
    if not text:
        return None
    title, _, address = text.rpartition("@")
    host, _, port = address.rpartition(":")
    if not title or not host:
        raise NodeError(
            "SULCUS_DICOM_PEER is not the address of a DICOM peer. Accepted is AET@host:port, for "
            "example PACS@192.0.2.7:11112."
        )
    return Peer(_title(title, "SULCUS_DICOM_PEER"), host, _number(port, "SULCUS_DICOM_PEER", 65535))


def _title(text: str, variable: str) -> str:
    """An AE title: 1 to 16 characters of ASCII, no backslash (PS3.5 6.2, VR AE)."""
    title = text.strip()
    if not (0 < len(title) <= 16 and title.isascii() and title.isprintable() and "\\" not in title):
        raise NodeError(
            f"{variable} holds no AE title. Accepted are 1 to 16 printable ASCII characters "
            "without a backslash."
        )
    return title


def _number(text: str, variable: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise NodeError(f"{variable} holds no number. Accepted is a whole number from 0 to {most}.")
    return int(text)
