"""The reader's own outline in DICOM SEG and SR, beside the AI's: read back, told apart."""

from dataclasses import replace
from datetime import UTC, datetime
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
from app.reports.own_outline import with_outline
from app.store.outlines import KeptOutline, NewOutline
from ml.inference.segment import outlined_at
from ml.results import Analysis, Segmentation
from tests.app.readings import drafted, outlined, reading, source
from tests.app.test_report_dicom import back, numbers, report

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
READER = "B. Reader"
THRESHOLD = 0.2


def drawn(**changes: Any) -> Analysis:
    """A reading whose map goes on below the AI's threshold, so that a reader may take more."""
    read = reading()
    found = read.segmentation
    wider = np.roll(found.mask, 6, axis=1)
    probability = np.where(found.mask, 0.9, np.where(wider, 0.3, 0.0)).astype(np.float32)
    return replace(read, segmentation=replace(found, probability=probability, **changes))


def with_own(read: Analysis) -> Draft:
    kept = NewOutline(READER, THRESHOLD, 0.45, 1, None, None, None, None, None)
    row = KeptOutline(1, read.scan.content_hash, kept, NOON, "", "", None, True)
    return with_outline(drafted(read), read, row)


def own_of(read: Analysis) -> Segmentation:
    return outlined_at(read.segmentation, THRESHOLD, read.scan.spacing_mm)


def segmented(read: Analysis) -> hd.seg.Segmentation:
    own = by_reader(with_own(read), read)
    return hd.seg.Segmentation.from_dataset(back(dicom_seg.render(read, source(), own)))


def observers(group: Any) -> list[tuple[str, str]]:
    """(type of the observer, name) of a group's own observation context."""
    context = [one for one in group[0].ContentSequence if one.RelationshipType == "HAS OBS CONTEXT"]
    found: dict[str, Dataset] = {one.name.value: one for one in context}
    kind = found[codes.DCM.ObserverType.value].value.value
    person = found.get(codes.DCM.PersonObserverName.value)
    return [(kind, "" if person is None else str(person.value))]


def test_both_outlines_are_segments_and_each_says_who_made_it() -> None:
    read = drawn()
    seg = segmented(read)
    ai, own = seg.SegmentSequence
    assert (ai.SegmentAlgorithmType, own.SegmentAlgorithmType) == ("AUTOMATIC", "SEMIAUTOMATIC")
    assert (ai.SegmentLabel, own.SegmentLabel) == (words.SEGMENT_LABEL, words.SEGMENT_OWN)
    (chosen,) = own.SegmentationAlgorithmIdentificationSequence
    assert "threshold_chosen_by=reader" in str(chosen.AlgorithmParameters)
    assert f"threshold={THRESHOLD:.4f}" in str(chosen.AlgorithmParameters)
    assert ai.TrackingUID != own.TrackingUID
    assert str(seg.ContentCreatorName).startswith(READER)
    frames = seg.get_pixels_by_source_instance([back(source()).SOPInstanceUID])
    np.testing.assert_array_equal(frames[0, ..., 0].astype(bool), read.segmentation.mask)
    np.testing.assert_array_equal(frames[0, ..., 1].astype(bool), own_of(read).mask)
    assert own_of(read).mask.sum() > read.segmentation.mask.sum()


def test_the_report_has_a_group_of_each_with_its_observer_and_sizes() -> None:
    read = drawn()
    sr = report(read, sign(with_own(read), "A. Signer", NOON))
    ai, own = sr.content.get_planar_roi_measurement_groups()
    assert observers(ai) == [(codes.DCM.Device.value, "")]
    assert observers(own) == [(codes.DCM.Person.value, f"{READER}^")]
    area = codes.SCT.Area.value
    sizes = (read.segmentation.measurement, own_of(read).measurement)
    assert numbers(ai)[area] == (pytest.approx(sizes[0].area_mm2), "mm2")
    assert numbers(own)[area] == (pytest.approx(sizes[1].area_mm2), "mm2")
    seg = segmented(read)
    for place, group in enumerate((ai, own), start=1):
        frame = group.referenced_segmentation_frame
        assert frame.referenced_sop_instance_uid == seg.SOPInstanceUID
        assert frame.referenced_segment_numbers == [place]
        assert group.tracking_uid == seg.SegmentSequence[place - 1].TrackingUID
    listed = [str(item.get("TextValue", "")) for item in own[0].ContentSequence]
    assert words.TRACKING_OWN in listed
    assert not any("SHA-256" in text for text in listed), "no algorithm is said to have made it"


def test_where_the_ai_outlines_nothing_the_readers_is_the_only_segment() -> None:
    empty = outlined(np.zeros((128, 128), bool), reading().scan.spacing_mm)
    read = drawn(mask=empty.mask, measurement=empty.measurement)
    own = by_reader(with_own(read), read)
    assert dicom_seg.why_not(read) == words.NOTHING_OUTLINED
    assert dicom_seg.why_not(read, own) == ""
    (segment,) = segmented(read).SegmentSequence
    assert (segment.SegmentNumber, segment.SegmentAlgorithmType) == (1, "SEMIAUTOMATIC")
    (group,) = report(read, with_own(read)).content.get_planar_roi_measurement_groups()
    assert observers(group) == [(codes.DCM.Person.value, f"{READER}^")]


def test_a_readers_outline_gets_identifiers_of_its_own() -> None:
    read = drawn()
    plain = back(dicom_seg.render(read, source()))
    both = segmented(read)
    assert len(plain.SegmentSequence) == 1
    assert both.SOPInstanceUID != plain.SOPInstanceUID
    assert both.SegmentSequence[0].TrackingUID == plain.SegmentSequence[0].TrackingUID
    assert segmented(read).SOPInstanceUID == both.SOPInstanceUID
