"""A browser's end of the wire: Streamlit's messages over the websocket, without a browser.

Limits: nothing is drawn. Of a page's controls only the one that was changed is sent; a browser
sends the others too, which the app knows already.
"""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import SimpleCookie
from typing import Any, Final

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app.load.server import PATIENCE_S

__all__ = ["ANSWER", "Broken", "Session"]

ANSWER: Final = '<table class="sulcus-networks">'
"""Class of the table that holds the networks' answers."""


class Broken(Exception):
    """What no reader may meet: an error on the page, or a part of it that is not there."""


class Session:
    """One reader's connection to the app, with what is on the page."""

    def __init__(self, address: str) -> None:
        """Open the first page.

        Raises:
            Broken: it shows an error.
        """
        self._http = f"http://{address}"
        with urllib.request.urlopen(f"{self._http}/_stcore/health", timeout=PATIENCE_S) as answer:
            cookies = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        self._token = next((c.value for c in cookies.values() if "xsrf" in c.key), "")
        self._cookie = "; ".join(f"{c.key}={c.value}" for c in cookies.values())
        self._open = ExitStack()
        stream = connect(
            f"ws://{address}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,
            additional_headers={"Cookie": self._cookie},
        )
        self._socket = self._open.enter_context(stream)
        self._session_id, self._place = "", ""
        self._places: dict[str, str] = {}
        self._page: list[Delta] = []
        self._part = ""
        self._fetched: set[str] = set()
        try:
            self._run()
        except BaseException:
            self.close()
            raise

    @property
    def answered(self) -> bool:
        """Whether the networks' answers are on the page."""
        return any(ANSWER in one.new_element.html.body for one in self._page)

    def press(self, key: str) -> None:
        """Press the button of a key."""
        self._run(WidgetState(id=self._control("button", key).id, trigger_value=True))

    def switch(self, key: str) -> None:
        """Put a switch to its other side."""
        control = self._control("checkbox", key)
        self._run(WidgetState(id=control.id, bool_value=not control.value))

    def slide(self, key: str, share: float) -> None:
        """Put a slider to a share of its range, 0 to 1."""
        control = self._control("slider", key)
        steps = round(share * (control.max - control.min) / control.step)
        changed = WidgetState(id=control.id)
        changed.double_array_value.data.append(control.min + steps * control.step)
        self._run(changed)

    def go(self, place: str) -> None:
        """Go to the page of a path, "" for the first."""
        self._place, self._part = self._places[place], ""
        self._run()

    def upload(self, name: str, content: bytes) -> None:
        """Put a file into the uploader, and wait until its page is there."""
        self._run(self._sent(name, content))

    def read(self, name: str, content: bytes) -> float:
        """Seconds from a picture's bytes to the networks' answers; the page may not be whole then.

        Raises:
            Broken: no answer came.
            TimeoutError: nothing came.
        """
        start = time.perf_counter()
        self._ask(self._sent(name, content))
        for element in self._until_finished():
            if ANSWER in element.html.body:
                return time.perf_counter() - start
        raise Broken("The page came without the networks' answers.")

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def _run(self, *changed: WidgetState) -> None:
        """Have the page made anew after a change, and take it as a browser does."""
        self._ask(*changed)
        for element in self._until_finished():
            told = element.exception
            if element.WhichOneof("type") == "exception":
                raise Broken(f"{told.type} on the page: {told.message}")
            if element.alert.format == Alert.ERROR:
                raise Broken(f"On the page: {element.alert.body}")
        self._fetch()

    def _fetch(self) -> None:
        """Get what the viewer draws, once."""
        for one in self._page:
            told = json.loads(one.new_element.bidi_component.json or "{}")
            for part in ("volume", "mask"):
                path = (told.get(part) or {}).get("address", "")
                if path and path not in self._fetched:
                    request = urllib.request.Request(
                        f"{self._http}{path}", headers={"Cookie": self._cookie}
                    )
                    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                        answer.read()
                    self._fetched.add(path)

    def _control(self, kind: str, key: str) -> Any:
        """The last control of a kind and key; a key that ends in a dot stands for all such.

        What is asked for next is the part of the page that it stands in.
        """
        for one in reversed(self._page):
            if one.new_element.WhichOneof("type") == kind:
                found = getattr(one.new_element, kind)
                if found.id.endswith(f"-{key}") or (key.endswith(".") and f"-{key}" in found.id):
                    self._part = one.fragment_id
                    return found
        raise Broken(f"There is no {kind} “{key}” on the page.")

    def _sent(self, name: str, content: bytes) -> WidgetState:
        """Send a file; what the uploader then says."""
        asked = BackMsg()
        asked.file_urls_request.request_id = "1"
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self._session_id
        self._send(asked)
        (urls,) = self._next("file_urls_response").file_urls_response.file_urls
        self._put(urls.upload_url, name, content)
        changed = WidgetState(id=self._control("file_uploader", "upload.").id)
        info = changed.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(content), urls.file_id
        info.file_urls.CopyFrom(urls)
        return changed

    def _put(self, url: str, name: str, content: bytes) -> None:
        """Send a file as a form, which is how the page sends it."""
        border = "sulcus-load"
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: image/png\r\n\r\n"
        )
        request = urllib.request.Request(
            f"{self._http}{url}",
            head.encode() + content + f"\r\n--{border}--\r\n".encode(),
            {
                "Content-Type": f"multipart/form-data; boundary={border}",
                "Cookie": self._cookie,
                "X-Xsrftoken": self._token,
            },
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()

    def _ask(self, *changed: WidgetState) -> None:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        asked.rerun_script.page_script_hash = self._place
        asked.rerun_script.fragment_id = self._part
        asked.rerun_script.widget_states.widgets.extend(changed)
        self._send(asked)

    def _send(self, message: BackMsg) -> None:
        self._socket.send(message.SerializeToString())

    def _next(self, kind: str | None = None) -> ForwardMsg:
        while True:
            data = self._socket.recv(timeout=PATIENCE_S)
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            if kind is None or message.WhichOneof("type") == kind:
                return message

    def _until_finished(self) -> Iterator[Element]:
        """What comes on the page, in its order."""
        renewed: set[str] = set()
        while True:
            message = self._next()
            match message.WhichOneof("type"):
                case "new_session":
                    self._session_id = message.new_session.initialize.session_id
                    if not self._part:
                        self._page = []
                case "navigation":
                    self._places = {
                        "" if one.is_default else one.url_pathname: one.page_script_hash
                        for one in message.navigation.app_pages
                    }
                case "delta" if message.delta.WhichOneof("type") == "new_element":
                    part = message.delta.fragment_id
                    if self._part and part not in renewed:
                        renewed.add(part)
                        self._page = [one for one in self._page if one.fragment_id != part]
                    self._page.append(message.delta)
                    yield message.delta.new_element
                case "script_finished":
                    if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        return
                    self._part = ""  # it asked for the whole page
