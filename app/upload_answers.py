"""A file that is given in the moment in which a run of the page starts is not lost.

The browser asks the server where to send it. Streamlit throws away what waits to be sent when a run
starts, and that answer with it: the browser would wait for ever, and say nothing. Such runs start
by themselves when a page has come (`app/frontend/look.js`) and when the networks are loaded.

Limits: a method of Streamlit that is not documented is replaced; the tests hold it to what it does.
"""

from functools import cache

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

__all__ = ["keep"]


@cache
def keep() -> None:
    """Keep these answers from now on, in every session of this process."""
    cleared = ForwardMsgQueue.clear

    def clear(
        self: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        starts = retain_lifecycle_msgs and fragment_ids_this_run is None
        waiting = [one for one in self._queue if one.HasField("file_urls_response")]
        cleared(self, retain_lifecycle_msgs, fragment_ids_this_run)
        for answer in waiting if starts else ():
            self.enqueue(answer)

    ForwardMsgQueue.clear = clear  # type: ignore[method-assign]
