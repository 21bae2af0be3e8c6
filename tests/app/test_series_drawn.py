"""What a reader drew on a series, in its DICOM SEG and SR, its JSON and its PDF."""

import json
from dataclasses import replace

import highdicom as hd
import numpy as np
import pytest
from pydicom.sr.codedict import codes

from app import report_texts
from app import series_texts as words
from app.reports import as_json, pdf, series_compose, series_dicom
from app.reports.dicom_outline import by_reader
from app.reports.draft import Draft
from app.reports.own_drawing import with_drawing
from app.reports.series_result import SeriesResult
from ml.drawing import of_masks, series_size
from ml.inference.measure import measure
from ml.results import BoolArray
from tests.app import fakes
from tests.app.drawings import READER, kept, new
from tests.app.series_readings import STUDY, complete_series, result
from tests.app.test_report_dicom_own import observers
from tests.app.test_series_dicom import SAME, back, framed, listed, sources
from tests.app.test_series_report import VALID, page


def drawn_on(read: SeriesResult) -> dict[int, BoolArray]:
    """Another mask on each of two slices."""
    masks = {number: np.zeros(read.series.shape, np.bool_) for number in (2, 3)}
    masks[2][30:50, 30:50] = True
    masks[3][10:20, 10:60] = True
    return masks


def with_drawn(read: SeriesResult) -> Draft:
    row = kept(read.content_hash, new(drawn_on(read), read.volume))
    return with_drawing(series_compose.compose(read), row)


def segmented(read: SeriesResult) -> hd.seg.Segmentation:
    made = series_dicom.render_seg(read, by_reader(with_drawn(read), read))
    return hd.seg.Segmentation.from_dataset(back(made))


@pytest.fixture
def read(engine: fakes.FakeEngine) -> SeriesResult:
    """The drawn series as read, nothing outlined by the AI in its second slice."""
    whole = result(complete_series())
    slices = tuple(
        replace(one, mask=None, area_px=0) if one.number == 2 else one for one in whole.found.slices
    )
    return replace(whole, found=replace(whole.found, slices=slices))


def test_the_drawing_is_a_manual_segment_over_its_slices(read: SeriesResult) -> None:
    seg, originals = segmented(read), sources(read)
    for keyword in (*SAME, "FrameOfReferenceUID"):
        assert seg[keyword].value == originals[0][keyword].value, keyword
    ai, own = seg.SegmentSequence
    assert (ai.SegmentAlgorithmType, own.SegmentAlgorithmType) == ("AUTOMATIC", "MANUAL")
    assert "SegmentationAlgorithmIdentificationSequence" not in own
    places = [number for number in range(1, 7) if number in {*read.masks, *drawn_on(read)}]
    uids = [originals[number - 1].SOPInstanceUID for number in places]
    frames = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    nothing = np.zeros(read.series.shape, np.bool_)
    for number, frame in zip(places, frames.astype(bool), strict=True):
        np.testing.assert_array_equal(frame[..., 0], read.masks.get(number, nothing))
        np.testing.assert_array_equal(frame[..., 1], drawn_on(read).get(number, nothing))


def test_the_report_has_the_volumes_of_both_apart(read: SeriesResult) -> None:
    made = series_dicom.render_sr(with_drawn(read), read)
    sr, seg = hd.sr.ComprehensiveSR.from_dataset(back(made)), segmented(read)
    originals = sources(read)
    assert sr.StudyInstanceUID == originals[0].StudyInstanceUID
    assert listed(sr) == {seg.SOPInstanceUID, *(one.SOPInstanceUID for one in originals)}
    groups = sr.content.get_volumetric_roi_measurement_groups()
    size = series_size(of_masks(drawn_on(read), read.volume), read.volume)
    expected = (
        (read.found.size, (codes.DCM.Device.value, "")),
        (size, (codes.DCM.Person.value, f"{READER}^")),
    )
    for place, (group, (found, observer)) in enumerate(zip(groups, expected, strict=True)):
        values = {one.name.value: one.value for one in group.get_measurements()}
        assert values[codes.SCT.Volume.value] == pytest.approx(found.volume_ml)
        assert values[codes.SCT.LongAxis.value] == pytest.approx(found.diameter_mm)
        assert observers(group) == [observer]
        segment = group.referenced_segment
        assert segment.referenced_sop_instance_uid == seg.SOPInstanceUID
        assert segment.referenced_segment_numbers == [place + 1]
        assert group.tracking_uid == seg.SegmentSequence[place].TrackingUID
    texts = [str(item.get("TextValue", "")) for item in groups[1][0].ContentSequence]
    assert not any("SHA-256" in text for text in texts)


def test_where_the_ai_outlines_nothing_there_is_a_segmentation_of_the_drawing(
    read: SeriesResult,
) -> None:
    slices = tuple(replace(one, mask=None, area_px=0) for one in read.found.slices)
    plain = replace(read, found=replace(read.found, slices=slices))
    own = by_reader(with_drawn(plain), plain)
    assert series_dicom.seg_why_not(plain) == report_texts.NOTHING_OUTLINED
    assert series_dicom.seg_why_not(plain, own) == ""
    seg = segmented(plain)
    assert [one.SegmentAlgorithmType for one in seg.SegmentSequence] == ["MANUAL"]
    assert seg.NumberOfFrames == 2


def test_frames_of_one_file_keep_their_numbers(engine: fakes.FakeEngine) -> None:
    read = result([framed((3, 0, 2, 1))])
    seg = segmented(read)
    number = 1 + [one.SegmentAlgorithmType for one in seg.SegmentSequence].index("MANUAL")
    frames = seg.get_pixels_by_source_frame(
        f"{STUDY}.5", [4, 3], segment_numbers=[number], assert_missing_frames_are_empty=True
    )
    for mask, frame in zip(drawn_on(read).values(), frames[..., 0], strict=True):
        np.testing.assert_array_equal(frame.astype(bool), mask)


def test_the_json_has_both_slice_by_slice(read: SeriesResult) -> None:
    found = json.loads(as_json.render(with_drawn(read), read))
    VALID.validate(found)
    own = found["reader_drawing"]
    size = series_size(of_masks(drawn_on(read), read.volume), read.volume)
    assert (own["volume_ml"], own["diameter_slice"]) == (pytest.approx(size.volume_ml), size.number)
    for one, (number, mask) in zip(own["by_slice"], drawn_on(read).items(), strict=True):
        sizes = measure(mask, read.volume.spacing_mm)
        assert one == {"number": number, **{key: getattr(sizes, key) for key in [*one][1:]}}
        assert one["diameter_mm"] is not None
    ai = found["result"]["slices"]
    assert [one["diameter_mm"] for one in ai] == [one.diameter_mm for one in read.found.slices]
    assert found["result"]["outline"]["volume_ml"] == read.found.size.volume_ml
    bare = {**own, "by_slice": [{**own["by_slice"][0], "area_px": 0}]}
    assert not VALID.is_valid({**found, "reader_drawing": bare})
    older = {name: value for name, value in own.items() if not name.endswith("_slice")}
    VALID.validate({**found, "version": "1.2", "reader_drawing": older})


def test_without_a_pixel_spacing_the_form_refuses_millimetres(read: SeriesResult) -> None:
    found = as_json.document(with_drawn(read), read)
    plain = {"area_mm2": None, "diameter_mm": None, "perpendicular_mm": None, "volume_ml": None}
    outline = {**found["result"]["outline"], **plain, "volume_band_ml": None}
    unknown = {
        **found,
        "scan": {**found["scan"], "spacing_mm": None},
        "result": {**found["result"], "outline": outline},
    }
    assert not VALID.is_valid(unknown)
    rows = [{**one, **plain} for one in found["reader_drawing"]["by_slice"]]
    drawing = {**found["reader_drawing"], **plain}
    assert not VALID.is_valid({**unknown, "reader_drawing": drawing})
    VALID.validate({**unknown, "reader_drawing": {**drawing, "by_slice": rows}})


def test_the_pdf_has_a_table_of_both_and_none_without_a_drawing(read: SeriesResult) -> None:
    text = page(pdf.render(with_drawn(read), read))
    assert words.BOTH in text
    size = series_size(of_masks(drawn_on(read), read.volume), read.volume)
    for volume in (read.found.size.volume_ml, size.volume_ml):
        assert f"{volume:.1f} mL" in text
    for number, mask in drawn_on(read).items():
        sizes = measure(mask, read.volume.spacing_mm)
        row = words.slice_row(number, measure(mask & False, None), sizes)
        assert row[0] in text
        assert row[2].split(",")[0] in text
    assert words.BOTH not in page(pdf.render(series_compose.compose(read), read))
