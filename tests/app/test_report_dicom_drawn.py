"""What a reader drew in DICOM SEG and SR of a picture: a segment and a group of its own."""

from dataclasses import replace
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes

from app import report_texts as words
from app.reports import dicom_seg
from app.reports.dicom_outline import by_reader
from app.reports.draft import Draft, sign
from app.reports.own_drawing import with_drawing
from app.store.drawings import FROM_AI, FROM_NOTHING
from ml.inference.measure import measure
from ml.results import Analysis, BoolArray
from tests.app.drawings import NOON, READER, kept, new
from tests.app.readings import drafted, outlined, reading, source
from tests.app.test_report_dicom import FRAME, SAME, back, numbers, report
from tests.app.test_report_dicom_own import observers, with_own


def square(read: Analysis) -> BoolArray:
    mask = np.zeros(read.scan.shape, np.bool_)
    mask[30:60, 40:80] = True
    return mask


def with_drawn(read: Analysis, begun: str = FROM_NOTHING) -> Draft:
    made = new({1: square(read)}, read.scan, begun)
    return with_drawing(drafted(read), kept(read.scan.content_hash, made))


def segmented(read: Analysis, draft: Draft | None = None) -> hd.seg.Segmentation:
    own = by_reader(draft or with_drawn(read), read)
    return hd.seg.Segmentation.from_dataset(back(dicom_seg.render(read, source(), own)))


def bare(read: Analysis) -> Analysis:
    """The same where the AI outlines nothing."""
    empty = outlined(np.zeros(read.scan.shape, bool), read.scan.spacing_mm)
    return replace(read, segmentation=empty)


def how(group: Any) -> list[str]:
    """How a group says that its outline was made."""
    found = group.get_qualitative_evaluations()
    return [one.value.meaning for one in found if one.name.meaning == words.SR_MADE]


@pytest.mark.parametrize("begun", [FROM_AI, FROM_NOTHING])
def test_a_drawing_is_a_manual_segment_that_names_no_algorithm(begun: str) -> None:
    read = reading()
    original = back(source())
    seg = segmented(read, with_drawn(read, begun))
    ai, own = seg.SegmentSequence
    assert (ai.SegmentAlgorithmType, own.SegmentAlgorithmType) == ("AUTOMATIC", "MANUAL")
    assert "SegmentationAlgorithmIdentificationSequence" not in own
    assert "SegmentAlgorithmName" not in own
    assert (own.SegmentLabel, own.SegmentDescription) == (
        *(words.SEGMENT_OWN, words.SEGMENT_BEGUN[begun]),
    )
    assert "SegmentDescription" not in ai
    frames = seg.get_pixels_by_source_instance([original.SOPInstanceUID])
    np.testing.assert_array_equal(frames[0, ..., 0].astype(bool), read.segmentation.mask)
    np.testing.assert_array_equal(frames[0, ..., 1].astype(bool), square(read))
    for keyword in (*SAME, FRAME):
        assert seg[keyword].value == original[keyword].value, keyword


def test_the_readers_name_is_the_one_that_the_report_carries_and_in_one_place() -> None:
    read = reading()
    seg = segmented(read)
    named = [str(one.value) for one in seg.iterall() if READER in str(one.value)]
    assert named == [str(seg.ContentCreatorName)] == [f"{READER}^"]


def test_the_report_has_its_sizes_as_the_readers_own() -> None:
    read = reading()
    sr = report(read, sign(with_drawn(read), "A. Signer", NOON))
    ai, own = sr.content.get_planar_roi_measurement_groups()
    assert observers(ai) == [(codes.DCM.Device.value, "")]
    assert observers(own) == [(codes.DCM.Person.value, f"{READER}^")]
    sizes = measure(square(read), read.scan.spacing_mm)
    assert numbers(own) == {
        codes.SCT.Area.value: (pytest.approx(sizes.area_mm2), "mm2"),
        codes.SCT.LongAxis.value: (pytest.approx(sizes.diameter_mm), "mm"),
        codes.SCT.ShortAxis.value: (pytest.approx(sizes.perpendicular_mm), "mm"),
    }
    assert how(own) == [words.SEGMENT_BEGUN[FROM_NOTHING]]
    assert how(ai) == []
    seg = segmented(read)
    frame = own.referenced_segmentation_frame
    assert frame.referenced_sop_instance_uid == seg.SOPInstanceUID
    assert frame.referenced_segment_numbers == [2]
    assert own.tracking_uid == seg.SegmentSequence[1].TrackingUID
    texts = [str(item.get("TextValue", "")) for item in own[0].ContentSequence]
    assert not any("SHA-256" in text for text in texts), "no algorithm is said to have made it"
    assert frame.source_image_for_segmentation.ReferencedSOPSequence[
        0
    ].ReferencedSOPInstanceUID == (back(source()).SOPInstanceUID)


def test_where_the_ai_outlines_nothing_the_drawing_is_the_only_segment() -> None:
    read = bare(reading())
    assert dicom_seg.why_not(read) == words.NOTHING_OUTLINED
    assert dicom_seg.why_not(read, by_reader(with_drawn(read), read)) == ""
    seg = segmented(read)
    (segment,) = seg.SegmentSequence
    assert (segment.SegmentNumber, segment.SegmentAlgorithmType) == (1, "MANUAL")
    assert seg.ContentLabel == "READER_OUTLINE"
    (group,) = report(read, with_drawn(read)).content.get_planar_roi_measurement_groups()
    assert observers(group) == [(codes.DCM.Person.value, f"{READER}^")]


def test_a_moved_threshold_says_so_and_has_other_identifiers_than_a_drawing() -> None:
    read = reading()
    moved = with_own(read)
    (_, group) = report(read, moved).content.get_planar_roi_measurement_groups()
    assert how(group) == [words.SR_MOVED]
    own = by_reader(moved, read)
    assert own is not None
    by_hand = new(own.masks, read.scan)
    drawn = with_drawing(drafted(read), kept(read.scan.content_hash, by_hand))
    one, other = (segmented(read, draft).SegmentSequence[1] for draft in (moved, drawn))
    assert (one.SegmentAlgorithmType, other.SegmentAlgorithmType) == ("SEMIAUTOMATIC", "MANUAL")
    assert one.TrackingUID != other.TrackingUID


def uids(found: Dataset) -> tuple[str, str]:
    return found.SOPInstanceUID, found.SegmentSequence[1].TrackingUID


def test_the_same_drawing_keeps_its_identifiers_and_another_gets_others() -> None:
    read = reading()
    mask = square(read)
    mask[0, 0] = True
    other = with_drawing(drafted(read), kept(read.scan.content_hash, new({1: mask}, read.scan)))
    assert uids(segmented(read)) == uids(segmented(read))
    assert not set(uids(segmented(read))) & set(uids(segmented(read, other)))
