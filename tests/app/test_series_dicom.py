"""DICOM SEG and SR of a whole series, read back: every UID is the source's."""

import io
from dataclasses import replace
from typing import Any

import highdicom as hd
import nibabel
import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes

from app import report_texts
from app import series_texts as words
from app.reports import dicom_seg, series_compose, series_dicom
from app.reports.result import whole_percent
from app.reports.series_result import SeriesResult
from ml.errors import ReportError
from ml.io.kept_series import pack_series, reopened
from ml.labels import CLASSES
from tests.app import fakes
from tests.app.series_readings import STUDY, WHOLE, complete_series, refused, result
from tests.ml.io.series_files import enhanced

SAME = ("StudyInstanceUID", "PatientID", "PatientName", "AccessionNumber", "StudyDate")


def back(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def sources(read: SeriesResult) -> list[Dataset]:
    """The source's files in the order of the slices."""
    return [back(read.series.files[name]) for name, _ in read.volume.sources]


def report(read: SeriesResult) -> Dataset:
    made = series_dicom.render_sr(series_compose.compose(read), read)
    return hd.sr.ComprehensiveSR.from_dataset(back(made))


def listed(sr: Dataset) -> set[str]:
    return {
        item.ReferencedSOPInstanceUID
        for study in sr.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }


@pytest.fixture
def read(engine: fakes.FakeEngine) -> SeriesResult:
    """The drawn series as read, nothing outlined in its first slice."""
    whole = result(complete_series())
    first, *others = whole.found.slices
    slices = (replace(first, mask=None, area_px=0), *others)
    return replace(whole, found=replace(whole.found, slices=slices))


def test_the_segmentation_holds_the_mask_of_every_slice_under_its_source(
    read: SeriesResult,
) -> None:
    seg = hd.seg.Segmentation.from_dataset(back(series_dicom.render_seg(read)))
    originals = sources(read)
    for keyword in (*SAME, "FrameOfReferenceUID"):
        assert seg[keyword].value == originals[0][keyword].value, keyword
    outlined = [one for one in read.found.slices if one.mask is not None]
    assert 0 < len(outlined) < len(originals)
    assert seg.NumberOfFrames == len(outlined)
    uids = [originals[one.number - 1].SOPInstanceUID for one in outlined]
    frames = seg.get_pixels_by_source_instance(uids)
    for one, frame in zip(outlined, frames[..., 0], strict=True):
        np.testing.assert_array_equal(frame.astype(bool), one.mask)
    known = {one.SOPInstanceUID for one in originals}
    assert {uid for _, _, uid in seg.get_source_image_uids()} <= known
    assert set(uids) <= {uid for _, _, uid in seg.get_source_image_uids()}
    positions = [
        [float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient]
        for group in seg.PerFrameFunctionalGroupsSequence
    ]
    stated = [list(originals[one.number - 1].ImagePositionPatient) for one in outlined]
    assert sorted(positions) == sorted(stated)


def test_the_report_refers_to_the_slices_and_to_the_segmentation(read: SeriesResult) -> None:
    originals, sr = sources(read), report(read)
    for keyword in SAME:
        assert sr[keyword].value == originals[0][keyword].value, keyword
    assert sr.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    seg = back(series_dicom.render_seg(read))
    assert listed(sr) == {seg.SOPInstanceUID, *(one.SOPInstanceUID for one in originals)}
    (group,) = sr.content.get_volumetric_roi_measurement_groups()
    segment = group.referenced_segment
    assert segment.referenced_sop_instance_uid == seg.SOPInstanceUID
    assert segment.referenced_segment_numbers == [dicom_seg.SEGMENT]
    assert group.tracking_uid == seg.SegmentSequence[0].TrackingUID
    size = read.found.size
    values = {one.name.value: (one.value, one.unit.value) for one in group.get_measurements()}
    assert values == {
        codes.SCT.Volume.value: (pytest.approx(size.volume_ml), "ml"),
        codes.SCT.LongAxis.value: (pytest.approx(size.diameter_mm), "mm"),
    }


def test_the_answer_names_its_slices_its_networks_and_that_it_was_not_measured(
    read: SeriesResult,
) -> None:
    (group,) = report(read).content.get_image_measurement_groups()
    answer = read.found.answer
    assert answer is not None
    found = {one.name.value: one.value for one in group.get_measurements()}
    for index, label in enumerate(CLASSES):
        assert found[f"probability_{label}"] == whole_percent(float(answer.probabilities[index]))
    said = {one.name.value: one.value.value for one in group.get_qualitative_evaluations()}
    assert said == {"suggestion": answer.label, "series_accuracy": "never_measured"}
    originals = sources(read)
    averaged = {one.referenced_sop_instance_uid for one in group.source_images}
    assert averaged == {originals[number - 1].SOPInstanceUID for number in answer.numbers}
    texts = [item.TextValue for item in group[0].ContentSequence if "TextValue" in item]
    assert f"mobilenet SHA-256={read.weights['mobilenet']}" in texts


def test_without_an_outline_there_is_a_report_and_no_segmentation(read: SeriesResult) -> None:
    bare = tuple(replace(one, mask=None, area_px=0) for one in read.found.slices)
    plain = replace(read, found=replace(read.found, slices=bare))
    assert series_dicom.seg_why_not(plain) == report_texts.NOTHING_OUTLINED
    assert series_dicom.why_not(plain) == ""
    assert report(plain).content.get_volumetric_roi_measurement_groups() == []


def test_another_outline_gets_other_identifiers(read: SeriesResult) -> None:
    place = next(place for place, one in enumerate(read.found.slices) if one.mask is not None)
    slices = list(read.found.slices)
    mask = slices[place].mask
    assert mask is not None
    slices[place] = replace(slices[place], mask=~mask)
    other = replace(read, found=replace(read.found, slices=tuple(slices)))
    first, again, changed = (
        back(series_dicom.render_seg(one)).SOPInstanceUID for one in (read, read, other)
    )
    assert first == again != changed


def test_why_there_is_no_dicom_report(engine: fakes.FakeEngine, read: SeriesResult) -> None:
    kept = reopened(pack_series(read.volume), read.content_hash)
    assert series_dicom.why_not(replace(read, series=kept)) == words.NO_HEADER
    assert series_dicom.why_not(refused(complete_series())) == report_texts.REFUSED_NO_DICOM
    block = np.stack([fakes.head(side=96)] * 3, axis=-1).astype(np.int16)
    nifti = result([nibabel.Nifti1Image(block, None).to_bytes()])
    assert "source is a NIfTI" in series_dicom.why_not(nifti)
    lacking = result(complete_series(FrameOfReferenceUID=None))
    assert "FrameOfReferenceUID" in series_dicom.why_not(lacking)
    with pytest.raises(ReportError, match="FrameOfReferenceUID"):
        series_dicom.render_seg(lacking)


def framed(order: tuple[int, ...], **changes: Any) -> bytes:
    uids = {"SOPInstanceUID": f"{STUDY}.5", "StudyInstanceUID": STUDY}
    return enhanced(order, **(WHOLE | uids | changes))


def marked(read: SeriesResult) -> SeriesResult:
    """The same with another mask in each slice."""
    rows, columns = read.series.shape
    grid = np.zeros((rows, columns), bool)
    slices = []
    for one in read.found.slices:
        mask = grid.copy()
        mask[4 : 8 + one.number, 5:20] = True
        slices.append(replace(one, mask=mask, area_px=int(mask.sum())))
    return replace(read, found=replace(read.found, slices=tuple(slices)))


def test_frames_of_one_file_keep_their_numbers(engine: fakes.FakeEngine) -> None:
    read = marked(result([framed((3, 0, 2, 1))]))
    assert [frame for _, frame in read.volume.sources] == [1, 3, 2, 0]
    seg = hd.seg.Segmentation.from_dataset(back(series_dicom.render_seg(read)))
    frames = seg.get_pixels_by_source_frame(f"{STUDY}.5", [2, 4, 3, 1])
    for one, frame in zip(read.found.slices, frames[..., 0], strict=True):
        np.testing.assert_array_equal(frame.astype(bool), one.mask)
    assert listed(report(read)) == {f"{STUDY}.5", seg.SOPInstanceUID}


def test_several_files_of_frames_are_refused(engine: fakes.FakeEngine) -> None:
    files = [framed((0, 1)), framed((2, 3), SOPInstanceUID=f"{STUDY}.6")]
    assert series_dicom.why_not(result(files)) == words.SEVERAL_FILES
