"""Follow-up of what the reader outlined: beside the AI's, compared only with the reader's."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import followup, reader_session, services, state
from app import followup_texts as words
from app.archive import archive
from app.followup_own import kept
from app.store.outlines import NewOutline
from ml.drawing import of_masks, series_size
from ml.followup import Change, Sizes
from ml.inference.measure import measure
from ml.inference.segment import outlined_at
from ml.io import read_scan
from ml.io.series import find_series
from tests.app import fakes
from tests.app.conftest import LESION, Opened, expected, html
from tests.app.drawings import READER, new
from tests.app.test_followup import COURSE, EARLY, LATE, compared, varies
from tests.app.test_readers_word import said
from tests.app.test_study import drawn_series
from tests.app.test_study import expected as read_series

__all__ = ["varies"]

EARLIER, LATER = read_scan(EARLY), read_scan(LATE)
SMALL, LARGE = (np.zeros(EARLIER.shape, np.bool_) for _ in range(2))
SMALL[20:40, 20:30] = True
LARGE[20:60, 20:50] = True


def draws(data: bytes, mask: np.ndarray) -> None:
    """The reader draws on a slice and keeps it."""
    answer_id = archive().note(data, expected(data), services.model_version())
    archive().drawings.keep(answer_id, new({1: mask}, read_scan(data)))


def both(opened: Opened, *more: bytes) -> AppTest:
    """The page with the later slice beside the earlier one, read by the reader of the drawings."""
    at = opened(*((f"{number}.dcm", data) for number, data in enumerate(more or (LATE, EARLY))))
    at.session_state[state.READER] = READER
    return compared(at)


def of(mask: np.ndarray, data: bytes) -> Sizes:
    return Sizes.of(measure(mask, read_scan(data).spacing_mm), None)


def test_with_an_outline_of_both_the_change_is_told_from_the_readers(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    draws(EARLY, SMALL)
    draws(LATE, LARGE)
    at = both(opened)
    assert words.OWN_CHANGES in [one.value for one in at.subheader]
    assert words.CHANGES not in [one.value for one in at.subheader]
    page, text = html(at), said(at)
    before, now = of(SMALL, EARLY), of(LARGE, LATE)
    for name in ("diameter_mm", "perpendicular_mm", "area_mm2"):
        change = Change(getattr(before, name), getattr(now, name))
        assert all(cell in page for cell in words.row(name, change, None, own=True))
    ai = [Sizes.of(expected(data).segmentation.measurement, None) for data in (EARLY, LATE)]
    for row in words.size_rows([ai[0], before, ai[1], now]):
        assert all(f"<td>{cell}</td>" in page for cell in row[1:])
    assert words.told_from(prior=True, current=True) in text
    assert words.OWN_VARIABILITY in text
    assert words.OWN_DASHED in text
    assert words.BEYOND not in page, "the variability is the AI's"
    assert not COURSE.search(page + text)


@pytest.mark.parametrize("prior", [True, False])
def test_with_an_outline_of_one_the_change_is_told_from_the_ais(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None, prior: bool
) -> None:
    draws(EARLY if prior else LATE, SMALL)
    at = both(opened)
    assert words.CHANGES in [one.value for one in at.subheader]
    early, late = (expected(data).segmentation.measurement for data in (EARLY, LATE))
    assert early.area_mm2 is not None
    assert late.area_mm2 is not None
    page = html(at)
    for cell in words.row("area_mm2", Change(early.area_mm2, late.area_mm2), None)[:-1]:
        assert cell in page
    assert f"{measure(SMALL, (EARLIER if prior else LATER).spacing_mm).area_mm2:,.0f} mm²" in page
    assert words.told_from(prior=prior, current=not prior) in said(at)
    assert words.OWN_VARIABILITY not in said(at)


def test_without_millimetres_no_difference_of_drawings_is_told(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    mask = np.zeros(read_scan(LESION).shape, np.bool_)
    mask[10:30, 10:30] = True
    draws(LESION, mask)
    draws(EARLY, SMALL)
    at = both(opened, LESION, EARLY)
    assert words.no_millimetres(prior=False, current=True) in [one.value for one in at.info]
    page = html(at)
    assert words.COLUMNS[3] not in page, "no table of differences"
    assert " px" not in page.split(words.SIZE_COLUMNS[1])[-1]


def test_an_outline_by_threshold_and_a_drawing_of_a_series_are_measured_like_the_ais(
    engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_session, "reader", lambda: READER)
    read, version = expected(EARLY), services.model_version()
    moved = outlined_at(read.segmentation, 0.2, EARLIER.spacing_mm)
    sizes = moved.measurement
    outline = NewOutline(READER, 0.2, 0.45, sizes.area_px, *[None] * 5)
    archive().outlines.keep(archive().note(EARLY, read, version), outline)
    single = followup.Examination(EARLIER.content_hash, (EARLIER,), None)
    found = kept(single)
    assert found is not None
    assert (found.number, found.sizes) == (1, Sizes.of(sizes, None))
    np.testing.assert_array_equal(found.masks[0], moved.mask)

    files = drawn_series()
    (series,) = find_series(files).series
    volume = series.read()
    masks = {number: np.zeros(volume.slices[0].shape, np.bool_) for number in (2, 4)}
    masks[2][10:20, 10:20] = True
    masks[4][10:20, 10:60] = True
    answer_id = archive().note_series(series, volume, found=read_series(files), version=version)
    archive().drawings.keep(answer_id, new(masks, volume))
    whole = kept(followup.Examination(series.content_hash, volume.slices, volume))
    assert whole is not None
    size = series_size(of_masks(masks, volume), volume)
    assert (whole.number, size.number) == (4, 4)
    assert whole.sizes == Sizes.of(measure(masks[4], volume.spacing_mm), size.volume_ml)
    assert [mask is not None for mask in whole.masks] == [False, True, False, True, False, False]
    monkeypatch.setattr(reader_session, "reader", lambda: "Another")
    assert kept(single) is None, "another reader's"
