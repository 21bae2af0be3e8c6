"""Which of a reader's outlines counts where one is by threshold and one is drawn."""

import numpy as np
import pytest

from app import own_outline, reader_session, services
from app.archive import archive
from app.readers_outline import last_kept
from app.store import own_rows
from ml.io import read_scan
from tests.app import fakes
from tests.app.conftest import LESION, expected
from tests.app.drawings import READER, new
from tests.store.invented import SetBack

HASH = read_scan(LESION).content_hash
MASK = np.zeros(read_scan(LESION).shape, np.bool_)
MASK[20:40, 20:30] = True


def keeps(drawn: bool) -> None:
    """The reader keeps a drawing, or an outline by threshold."""
    answer = expected(LESION)
    number = archive().note(LESION, answer, services.model_version())
    if drawn:
        archive().drawings.keep(number, new({1: MASK}, read_scan(LESION)))
    else:
        own_outline.keep(number, answer, answer)


def kinds() -> tuple[bool, bool]:
    """Whether an outline by threshold counts, and whether a drawing does."""
    moved, drawn = last_kept(HASH)
    return moved is not None, drawn is not None


@pytest.mark.parametrize("drawn_last", [True, False])
def test_the_last_one_counts_also_after_the_clock_was_set_back(
    engine: fakes.FakeEngine, monkeypatch: pytest.MonkeyPatch, drawn_last: bool
) -> None:
    monkeypatch.setattr(reader_session, "reader", lambda: READER)
    assert kinds() == (False, False)
    keeps(not drawn_last)
    assert kinds() == (drawn_last, not drawn_last)
    monkeypatch.setattr(own_rows, "datetime", SetBack)
    keeps(drawn_last)
    assert kinds() == (not drawn_last, drawn_last)


def test_rows_from_before_the_trail_have_their_times(
    engine: fakes.FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_session, "reader", lambda: READER)
    keeps(drawn=True)
    keeps(drawn=False)
    monkeypatch.setattr(archive().trail, "newest", lambda _: None)
    assert kinds() == (True, False)
