"""What a browser does at the app, without one: cookies, redirects, and the page's socket."""

from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE_S = 120.0


@dataclass
class Page:
    """What one run of a page sent.

    Attributes:
        words: its texts, titles and messages, in order.
        buttons: [label] → the button's identifier.
        redirect: where the browser is told to go, or "".
    """

    words: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    redirect: str = ""

    def take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "auth_redirect":
            self.redirect = message.auth_redirect.url
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind in ("text", "heading", "alert", "markdown", "exception"):
            part = getattr(element, kind)
            self.words.append(part.message if kind == "exception" else part.body)


class Visitor:
    """One browser: it keeps its cookies between pages."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.opened = ExitStack()
        self.http = httpx.Client(follow_redirects=True, trust_env=False, timeout=PATIENCE_S)

    def open(self, *, origin: str | None = None) -> "Window":
        """The page in a new window."""
        self.http.get(f"{self.address}/_stcore/host-config").raise_for_status()
        self.http.get(f"{self.address}/_stcore/health").raise_for_status()
        cookies = {one.name: one.value or "" for one in self.http.cookies.jar}
        opening = connect(
            f"{self.address.replace('http', 'ws')}/_stcore/stream",
            origin=Origin(origin or self.address),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(cookies["_streamlit_xsrf"])],
            additional_headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())},
            proxy=None,
            max_size=None,
        )
        return Window(self.opened.enter_context(opening))

    def close(self) -> None:
        self.opened.close()
        self.http.close()

    def follow(self, page: Page) -> str:
        """Go where a page sends the browser; the address where it ends."""
        assert page.redirect, page
        return str(self.http.get(f"{self.address}{page.redirect}").url)


class Window:
    """An open page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def run(self, click: str = "") -> Page:
        """Run the page, where `click` names a button after pressing it."""
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        if click:
            state = asked.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = click, True
        self._socket.send(asked.SerializeToString())
        page = Page()
        while True:
            message = ForwardMsg()
            message.ParseFromString(bytes(self._socket.recv(timeout=PATIENCE_S)))
            page.take(message)
            if message.WhichOneof("type") == "script_finished":
                return page
