"""DICOM SEG and SR out of a reading, read back: identity, pixels, sizes, algorithms."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes

from app import report_texts as words
from app.reports import dicom_seg, dicom_source, dicom_sr
from app.reports.draft import Draft, sign
from app.reports.result import whole_percent
from ml.errors import ReportError
from ml.labels import CLASSES
from ml.results import Analysis
from tests.app.readings import (
    CONFLICTS,
    WEIGHTS,
    drafted,
    outlined,
    reading,
    refused,
    share,
    source,
)

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
SAME = ("StudyInstanceUID", "PatientID", "PatientName", "AccessionNumber", "StudyDate")
FRAME = "FrameOfReferenceUID"


def back(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def changed(**values: object) -> bytes:
    """The source with other values; None takes an attribute out."""
    found = back(source())
    for keyword, value in values.items():
        if value is None:
            delattr(found, keyword)
        else:
            setattr(found, keyword, value)
    stream = io.BytesIO()
    found.save_as(stream)
    return stream.getvalue()


def report(read: Analysis, draft: Draft | None = None, data: bytes | None = None) -> Dataset:
    made = dicom_sr.render(draft or drafted(read), read, data or source())
    return hd.sr.ComprehensiveSR.from_dataset(back(made))


def numbers(group: Dataset) -> dict[str, tuple[float, str]]:
    """[code of the measurement] → (value, unit)."""
    return {one.name.value: (one.value, one.unit.value) for one in group.get_measurements()}


def test_the_segmentation_belongs_to_the_source_and_holds_the_mask() -> None:
    read = reading()
    original = back(source())
    seg = hd.seg.Segmentation.from_dataset(back(dicom_seg.render(read, source())))
    for keyword in (*SAME, FRAME):
        assert seg[keyword].value == original[keyword].value, keyword
    assert seg.SeriesInstanceUID != original.SeriesInstanceUID
    assert seg.SegmentationType == "BINARY"
    assert seg.get_source_image_uids() == [
        (original.StudyInstanceUID, original.SeriesInstanceUID, original.SOPInstanceUID)
    ]
    frames = seg.get_pixels_by_source_instance([original.SOPInstanceUID])
    np.testing.assert_array_equal(frames[0, ..., 0].astype(bool), read.segmentation.mask)


def test_the_segment_names_its_algorithm() -> None:
    seg = back(dicom_seg.render(reading(), source()))
    (segment,) = seg.SegmentSequence
    assert segment.SegmentAlgorithmType == "AUTOMATIC"
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmName == "U-Net"
    assert algorithm.AlgorithmVersion == WEIGHTS["unet"]
    assert algorithm.AlgorithmParameters == "threshold=0.4500"
    family = algorithm.AlgorithmFamilyCodeSequence[0]
    assert family.CodeValue == codes.cid7162.ArtificialIntelligence.value
    assert segment.AnatomicRegionSequence[0].CodeValue == codes.SCT.Brain.value


def test_the_report_belongs_to_the_source_and_refers_to_the_segmentation() -> None:
    read = reading()
    original, sr = back(source()), report(read)
    for keyword in SAME:
        assert sr[keyword].value == original[keyword].value, keyword
    assert sr.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    (group,) = sr.content.get_planar_roi_measurement_groups()
    seg = back(dicom_seg.render(read, source()))
    frame = group.referenced_segmentation_frame
    assert frame.referenced_sop_instance_uid == seg.SOPInstanceUID
    assert frame.referenced_segment_numbers == [dicom_seg.SEGMENT]
    assert group.tracking_uid == seg.SegmentSequence[0].TrackingUID
    listed = {
        item.ReferencedSOPInstanceUID
        for study in sr.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert listed == {original.SOPInstanceUID, seg.SOPInstanceUID}


def test_sizes_are_those_of_the_reading_in_ucum_units() -> None:
    read = reading()
    sizes = read.segmentation.measurement
    (group,) = report(read).content.get_planar_roi_measurement_groups()
    found = numbers(group)
    for code, value, unit in (
        (codes.SCT.Area, sizes.area_mm2, "mm2"),
        (codes.SCT.LongAxis, sizes.diameter_mm, "mm"),
        (codes.SCT.ShortAxis, sizes.perpendicular_mm, "mm"),
    ):
        assert found[code.value] == (pytest.approx(value), unit)
    assert group.finding_sites[0].value == codes.SCT.Brain


def test_the_whole_picture_has_four_probabilities_and_every_flag() -> None:
    read = reading(prediction_set=("glioma", "meningioma"))
    (group,) = report(read).content.get_image_measurement_groups()
    found = numbers(group)
    for label in CLASSES:
        assert found[f"probability_{label}"] == (whole_percent(share(label)), "%")
    assert found["agreement"] == (2, "{networks}")
    said = [(one.name.value, one.value.value) for one in group.get_qualitative_evaluations()]
    assert said == [
        ("suggestion", "indeterminate"),
        ("not_ruled_out", "glioma"),
        ("not_ruled_out", "meningioma"),
        ("conflict", CONFLICTS[0]),
        ("training_copy", "yes"),
    ]
    listed = [item.TextValue for item in group[0].ContentSequence if "TextValue" in item]
    for name in ("mobilenet", "xception", "resnet50"):
        assert f"{name} SHA-256={WEIGHTS[name]}" in listed


def test_sizes_are_in_pixels_where_the_spacing_is_not_certain() -> None:
    read = reading()
    mask = read.segmentation.mask
    plain = reading(scan=replace(read.scan, spacing_mm=None), segmentation=outlined(mask, None))
    (group,) = report(plain).content.get_planar_roi_measurement_groups()
    assert {unit for _, unit in numbers(group).values()} == {"{pixels}"}
    assert numbers(group)[codes.SCT.Area.value] == (mask.sum(), "{pixels}")


def test_an_unsigned_report_is_preliminary_and_a_signed_one_verified() -> None:
    read = reading()
    plain = report(read)
    assert (plain.PreliminaryFlag, plain.CompletionFlag, plain.VerificationFlag) == (
        *("PRELIMINARY", "PARTIAL", "UNVERIFIED"),
    )
    done = report(read, sign(drafted(read), "Ελένη Müller", NOON))
    assert (done.PreliminaryFlag, done.VerificationFlag) == ("FINAL", "VERIFIED")
    (observer,) = done.VerifyingObserverSequence
    assert observer.VerifyingObserverName == "Ελένη Müller^"
    assert str(observer.VerificationDateTime).startswith("20261122123000")
    assert plain.SOPInstanceUID != done.SOPInstanceUID
    assert plain.SeriesInstanceUID == done.SeriesInstanceUID


def test_a_reading_without_outline_has_a_report_and_no_segmentation() -> None:
    read = reading(segmentation=outlined(np.zeros((128, 128), bool), (1.875, 1.875)))
    assert dicom_seg.why_not(read) == words.NOTHING_OUTLINED
    content = report(read).content
    assert content.get_planar_roi_measurement_groups() == []
    assert len(content.get_image_measurement_groups()) == 1


def test_a_png_and_a_refused_scan_say_why_they_have_neither() -> None:
    for why_not in (dicom_seg.why_not, dicom_sr.why_not):
        assert why_not(reading()) == ""
        assert "source is a PNG" in why_not(reading("PNG"))
        assert why_not(refused()) == words.REFUSED_NO_DICOM
        assert "source is a PNG" in why_not(refused("PNG"))


def test_no_side_is_named() -> None:
    text = f"{report(reading())}".lower()
    assert "laterality" not in text
    assert "left" not in text


@pytest.mark.parametrize(
    "keyword", [FRAME, "StudyInstanceUID", "SOPInstanceUID", "PixelSpacing", "ImagePositionPatient"]
)
def test_what_must_be_there_is_named_and_no_value_is(keyword: str) -> None:
    data = changed(**{keyword: None})
    with pytest.raises(ReportError, match=keyword) as raised:
        dicom_seg.render(reading(), data)
    assert "SIMULATED" not in str(raised.value)


def test_what_may_be_empty_is_filled_in_empty() -> None:
    gone = dict.fromkeys(
        ("PatientBirthDate", "PatientSex", "StudyTime", "AccessionNumber", "StudyID", "PatientName")
    )
    read = reading()
    data = changed(**gone)
    seg = back(dicom_seg.render(read, data))
    assert all(not seg[keyword].value for keyword in gone)
    assert all(not report(read, data=data)[keyword].value for keyword in gone)


def test_malformed_values_are_dropped_and_names_survive() -> None:
    data = changed(
        PatientName="Größe^Ödön", PatientSex="unknown", PatientBirthDate="in 1950", StudyID="7"
    )
    seg = back(dicom_seg.render(reading(), data))
    assert seg.PatientName == "Größe^Ödön"
    assert not seg.PatientSex
    assert not seg.PatientBirthDate
    assert seg.StudyID == "7"
    assert dicom_source.header(data).SpecificCharacterSet == "ISO_IR 192"


def test_the_same_reading_keeps_its_identifiers_and_another_gets_others() -> None:
    read = reading()
    first, again = (back(dicom_seg.render(read, source())) for _ in range(2))
    assert first.SOPInstanceUID == again.SOPInstanceUID
    mask = read.segmentation.mask.copy()
    mask[:2, :2] = True
    other = reading(segmentation=outlined(mask, read.scan.spacing_mm))
    assert back(dicom_seg.render(other, source())).SOPInstanceUID != first.SOPInstanceUID


def test_a_mask_of_another_size_is_no_segmentation_of_the_source() -> None:
    wrong = reading(segmentation=outlined(np.ones((64, 64), bool), (1.0, 1.0)))
    with pytest.raises(ReportError):
        dicom_seg.render(wrong, source())
