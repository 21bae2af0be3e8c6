"""Addenda to a signed report in its DICOM SR: text, author, time, and the report before."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes

from app.reports import dicom_sr
from app.reports.draft import Addendum, Draft, Signature, sign
from tests.app.drawings import NOON
from tests.app.readings import drafted, reading, source
from tests.app.test_report_dicom import back, report

READ = reading()
FIRST = Addendum(
    ("Compared by telephone.", "Größe <unchanged>."),
    Signature("B. Reader", NOON + timedelta(hours=1)),
)
SECOND = Addendum(("Seen again.",), Signature("A. Signer", NOON + timedelta(days=1)))


def signed(*addenda: Addendum) -> Draft:
    return replace(sign(drafted(READ), "A. Signer", NOON), addenda=addenda)


def sections(sr: Dataset) -> list[Dataset]:
    root = sr.ContentSequence
    name = codes.LN.Addendum.value
    return [one for one in root if one.ConceptNameCodeSequence[0].CodeValue == name]


def made(*addenda: Addendum) -> Dataset:
    return back(dicom_sr.render(signed(*addenda), READ, source()))


def test_each_addendum_is_a_section_with_its_author_time_and_lines() -> None:
    found = sections(made(FIRST, SECOND))
    for section, one in zip(found, (FIRST, SECOND), strict=True):
        texts = [item.TextValue for item in section.ContentSequence if item.ValueType == "TEXT"]
        names = [str(item.PersonName) for item in section.ContentSequence if "PersonName" in item]
        assert tuple(texts) == one.lines
        assert names == [f"{one.signature.name}^"]
        assert str(section.ObservationDateTime).startswith(f"{one.signature.time:%Y%m%d%H%M%S}")
    assert sections(made()) == []


def test_the_measurements_and_the_source_stay_what_they_were() -> None:
    original = back(source())
    plain, amended = report(READ, signed()), report(READ, signed(FIRST))
    assert amended.StudyInstanceUID == original.StudyInstanceUID
    assert amended.PatientID == original.PatientID
    for sr in (plain, amended):
        assert len(sr.content.get_planar_roi_measurement_groups()) == 1
        assert len(sr.content.get_image_measurement_groups()) == 1


def test_an_amended_report_is_a_new_document_that_names_the_one_before() -> None:
    chain = [made(), made(FIRST), made(FIRST, SECOND)]
    assert len({one.SOPInstanceUID for one in chain}) == 3
    assert len({one.SeriesInstanceUID for one in chain}) == 1
    assert [one.InstanceNumber for one in chain] == [1, 2, 3]
    assert "PredecessorDocumentsSequence" not in chain[0]
    for before, after in pairwise(chain):
        (study,) = after.PredecessorDocumentsSequence
        (series,) = study.ReferencedSeriesSequence
        (item,) = series.ReferencedSOPSequence
        assert (study.StudyInstanceUID, series.SeriesInstanceUID) == (
            *(before.StudyInstanceUID, before.SeriesInstanceUID),
        )
        assert (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) == (
            *(before.SOPClassUID, before.SOPInstanceUID),
        )


@pytest.mark.parametrize("addenda", [(), (FIRST,), (FIRST, SECOND)])
def test_who_signed_an_addendum_verified_the_report_with_it(addenda: tuple[Addendum, ...]) -> None:
    found = made(*addenda)
    who = [
        (str(one.VerifyingObserverName), str(one.VerificationDateTime)[:14])
        for one in found.VerifyingObserverSequence
    ]
    signatures = [Signature("A. Signer", NOON), *(one.signature for one in addenda)]
    assert who == [(f"{one.name}^", f"{one.time:%Y%m%d%H%M%S}") for one in signatures]
    assert found.VerificationFlag == "VERIFIED"
