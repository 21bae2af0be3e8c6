"""What Streamlit's server says to a browser with a file is sent, whatever else begins."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from app import upload_answers


@pytest.fixture
def queue() -> ForwardMsgQueue:
    """With a picture, an answer and the end of a run waiting to be sent."""
    upload_answers.keep()
    found = ForwardMsgQueue()
    for kind in ("delta", "file_urls_response", "script_finished"):
        message = ForwardMsg()
        if kind == "script_finished":
            message.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
        else:
            getattr(message, kind).SetInParent()
        found.enqueue(message)
    return found


def kinds(queue: ForwardMsgQueue) -> list[str]:
    return sorted(str(one.WhichOneof("type")) for one in queue.flush())


def test_the_answer_outlives_the_start_of_a_run(queue: ForwardMsgQueue) -> None:
    queue.clear(retain_lifecycle_msgs=True)
    assert kinds(queue) == ["file_urls_response", "script_finished"]


def test_it_is_sent_once_where_a_part_of_the_page_starts(queue: ForwardMsgQueue) -> None:
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["part"])
    assert kinds(queue).count("file_urls_response") == 1


def test_nothing_is_left_where_all_was_sent(queue: ForwardMsgQueue) -> None:
    assert len(kinds(queue)) == 3
    assert queue.is_empty()
