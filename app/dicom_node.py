"""The DICOM node, a process of its own: `make dicom-node`, or `python -m app.dicom_node`."""

import logging
import signal
import sys
import threading
from types import FrameType

from app.archive import archive
from app.node.incoming import Incoming
from app.node.receiver import Node
from app.node.settings import NodeSettings, node_settings
from app.store.places import places, prepare
from ml.errors import SulcusError

__all__ = ["main"]

_LOG = logging.getLogger("app.node")


def main() -> int:
    """Receive until the process is told to stop.

    Returns:
        Exit status: 0, or 2 where it cannot start.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    _LOG.setLevel(logging.INFO)
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  a handler's arguments
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        settings, found = node_settings(), places()
        prepare(found)
        incoming = Incoming(found.home / "incoming", settings.idle_s)
        node = Node(settings, incoming, archive())
        port = node.start()
    except SulcusError as error:
        _LOG.error("%s", error)
        return 2
    _LOG.info("%s", _said(settings, port, found.keep_days))
    while not stop.wait(1.0):
        node.finish()
    node.stop()
    return 0


def _said(settings: NodeSettings, port: int, days: int) -> str:
    """Where it listens, who may call, what is kept and for how long."""
    return (
        f"{settings.ae_title} listens on {settings.host}:{port} for "
        f"{', '.join(settings.callers)}. Kept for {days} days: {settings.keep}. Not encrypted. "
        "Ctrl+C stops it."
    )


if __name__ == "__main__":
    sys.exit(main())
