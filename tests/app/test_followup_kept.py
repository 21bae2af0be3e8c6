"""Follow-up of series that were kept on the worklist."""

import pytest
from streamlit.testing.v1 import AppTest

from app import followup
from app import followup_texts as words
from app.archive import archive
from ml.io.series import find_series
from tests.app import fakes
from tests.app.conftest import Opened, html
from tests.app.test_followup import compared, warnings
from tests.app.test_readers_word import said
from tests.app.test_study import drawn_series, named
from tests.ml.io.series_files import CORONAL


def kept(**changes: object) -> str:
    """A series on the worklist whose pixels a reader kept."""
    (series,) = find_series(drawn_series(**changes)).series
    volume = series.read()
    archive().admit_series(series, volume)
    archive().pictures.keep_series(series.content_hash, volume)
    return series.content_hash


def test_a_kept_series_stands_beside_an_open_one_linked_by_mm(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    prior = kept(SeriesInstanceUID="9.8", distance=2.5, StudyDate="20250101")
    kept(SeriesInstanceUID="9.9", PatientID="another")
    at = compared(opened(*named(drawn_series(StudyDate="20260101"))))
    assert len(at.selectbox(key=followup.PRIOR).options) == 1, "not another patient's"
    assert at.selectbox(key=followup.PRIOR).value == prior
    assert warnings(at) == []
    page = html(at)
    assert "mL (× 2.00)" in page, "twice the slice distance"
    assert page.count(words.NOT_MEASURED) == 3, "volume and diameters have no variability"
    current = at.selectbox(key=followup.CURRENT).value
    at.slider(key=followup.slice_key(current)).set_value(2).run()
    assert not at.exception
    assert "linked by their positions in mm" in said(at)
    assert "nearest slice lies 0.0 mm from there" in said(at)
    assert "slice 2/6" in said(at)
    assert "slice 3/6" in said(at), "5 mm from the first: the third of 2.5 mm"


def test_two_kept_series_that_are_not_parallel_are_linked_by_their_share(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    first, second = kept(), kept(SeriesInstanceUID="9.8", orientation=CORONAL)
    at = compared(app.run())
    chosen = {at.selectbox(key=key).value for key in (followup.CURRENT, followup.PRIOR)}
    assert chosen == {first, second}
    assert "same fraction of the way through the stack" in said(at)
    assert words.HANG_OTHERWISE in warnings(at)
    assert len(at.image) == 2


@pytest.mark.parametrize("gone", [True, False])
def test_a_kept_series_that_is_gone_or_damaged_says_so(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, gone: bool
) -> None:
    prior = kept(SeriesInstanceUID="9.8")
    at = compared(opened(*named(drawn_series())))
    pictures = archive().pictures
    if gone:
        pictures.forget(prior)
        at.run()
        assert words.EMPTY in html(at)
    else:
        pictures.keep_bytes(prior, pictures.data(prior)[:300])
        at.run()
        assert "kept picture is damaged" in at.error[0].value
    assert not at.exception
