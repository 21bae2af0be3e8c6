"""Reports on a whole series: draft, PDF, JSON, tables, and what the screen offers."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from jsonschema import Draft202012Validator
from pypdf import PdfReader

from app import report_texts, state, study_texts
from app import series_texts as words
from app.archive import archive
from app.reports import as_json, pdf, series_compose
from app.reports.bundle import Entry, zipped
from app.reports.draft import AI
from app.store.records import SIGNED
from ml import series_readings
from ml.labels import CLASSES
from tests.app import fakes
from tests.app.conftest import CLEAR, Opened
from tests.app.readings import drafted, reading
from tests.app.series_readings import STUDY, complete_series, refused, result
from tests.app.test_report import Files, document, files, pieces, with_report
from tests.app.test_study import named
from tests.ml.io.pictures import SECRET

__all__ = ["files"]

SCHEMA = json.loads(Path(as_json.__file__).with_name("report.schema.json").read_text())
VALID = Draft202012Validator(SCHEMA)
HELD_OUT = ("balanced accuracy", "Held-out balanced")


def page(data: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(data)).pages)


def test_the_draft_says_what_the_screen_says_and_quotes_no_figure(
    engine: fakes.FakeEngine,
) -> None:
    read = result(complete_series())
    draft = series_compose.compose(read)
    said = {one.name: [piece.text for piece in one.pieces] for one in draft.sections}
    assert {piece.source for one in draft.sections for piece in one.pieces} == {AI}
    assert words.technique(read.volume) in said["technique"]
    assert "6 slices" in words.technique(read.volume)
    assert set(study_texts.size_lines(read.found)) <= set(said["findings"])
    assert words.HEADER_SIDE in said["findings"]
    impression = said["impression"]
    assert f"{study_texts.headline(read.found)}." in impression
    assert study_texts.rule(read.found) in impression
    assert study_texts.NOT_MEASURED in impression
    assert draft.footer.held_out == words.HELD_OUT
    assert draft.footer.protocol == ""
    assert draft.content_hash == read.content_hash


def test_the_pdf_has_the_key_slice_with_outline_scale_and_number(
    engine: fakes.FakeEngine,
) -> None:
    read = result(complete_series())
    plain = page(pdf.render(series_compose.compose(read), read))
    number = study_texts.position(read.key_number, 6)
    assert f"slice {number}, left of the screen: R, top: A" in plain
    assert report_texts.OUTLINED in plain
    assert "20 mm   slice" in plain
    assert "never measured" in plain
    assert not any(word in plain for word in HELD_OUT)
    assert SECRET not in plain


def test_the_json_is_valid_and_has_every_slice(engine: fakes.FakeEngine) -> None:
    read = result(complete_series())
    found = json.loads(as_json.render(series_compose.compose(read), read))
    VALID.validate(found)
    assert found["scan"]["sha256"] == read.content_hash
    assert found["scan"]["series"]["slices"] == 6
    assert found["scan"]["series"]["slice_distance_mm"] == pytest.approx(5.0)
    assert found["scan"]["series"]["edges"]["left"] == "R"
    said, answer = found["result"], read.found.answer
    assert answer is not None
    assert (said["suggested"], said["averaged_slices"]) == (answer.label, list(answer.numbers))
    assert said["accuracy_measured"] is False
    assert said["outline"]["volume_ml"] == read.found.size.volume_ml
    assert [one["number"] for one in said["slices"]] == [1, 2, 3, 4, 5, 6]
    assert [one["area_px"] for one in said["slices"]] == [s.area_px for s in read.found.slices]


def test_a_series_that_was_refused_has_no_class_in_any_form() -> None:
    read = refused(complete_series())
    draft = series_compose.compose(read)
    found = json.loads(as_json.render(draft, read))
    VALID.validate(found)
    assert set(found["result"]) == {"status", "slices"}
    assert words.REFUSED in page(pdf.render(draft, read))
    row = series_readings.series_row("one", read.found)
    assert (row["status"], row["refused_slices"], row["prediction"]) == ("refused", "6", "")


@pytest.mark.parametrize(
    "change",
    [
        {"result": {"status": "read"}},
        {"scan": {"series": None}},
        {"scan": {"spacing_mm": None}},
        {"result": {"accuracy_measured": True}},
        {"result": {"slices": []}},
    ],
)
def test_the_form_refuses_contradictions(
    engine: fakes.FakeEngine, change: dict[str, dict[str, Any]]
) -> None:
    read = result(complete_series())
    found = as_json.document(series_compose.compose(read), read)
    assert VALID.is_valid(found)
    ((part, values),) = change.items()
    assert not VALID.is_valid({**found, part: {**found[part], **values}})


def test_a_report_of_version_1_0_stays_valid() -> None:
    found = as_json.document(drafted(reading()), reading())
    del found["scan"]["series"]
    VALID.validate({**found, "version": "1.0"})


def test_without_geometry_a_series_has_no_millimetre_and_no_side(
    engine: fakes.FakeEngine,
) -> None:
    block = np.stack([fakes.head(side=96).T for _ in range(3)], axis=-1).astype(np.int16)
    read = result([nibabel.Nifti1Image(block, None).to_bytes()])
    draft = series_compose.compose(read)
    plain = page(pdf.render(draft, read))
    assert " mm" not in plain
    assert " px" in plain
    assert words.NO_SIDE in "".join(piece.text for one in draft.sections for piece in one.pieces)
    found = json.loads(as_json.render(draft, read))
    VALID.validate(found)
    assert (found["scan"]["format"], found["scan"]["series"]["edges"]) == ("NIfTI", None)
    assert found["result"]["outline"]["volume_ml"] is None


def test_a_bundle_has_a_table_for_slices_and_one_for_series(
    engine: fakes.FakeEngine,
) -> None:
    read, single = result(complete_series()), reading()
    entries = [
        Entry(read.content_hash, (series_compose.compose(read), read)),
        Entry(single.scan.content_hash, (drafted(single), single)),
        Entry("f" * 64, None, "It is damaged."),
    ]
    with zipfile.ZipFile(io.BytesIO(zipped(entries))) as packed:
        tables = {
            name: list(csv.DictReader(io.StringIO(packed.read(f"{name}.csv").decode())))
            for name in ("readings", "series")
        }
        found = json.loads(packed.read(f"001-{read.content_hash[:12]}.json"))
    assert [row["status"] for row in tables["readings"]] == ["ok", "failed"]
    (row,) = tables["series"]
    assert list(row) == list(series_readings.COLUMNS)
    assert row["prediction"] == found["result"]["suggested"]
    shares = [float(row[f"mean_{label}"]) for label in CLASSES]
    assert read.found.answer is not None
    np.testing.assert_allclose(shares, read.found.answer.probabilities, atol=1e-6)
    assert row["averaged_slices"] == ";".join(map(str, read.found.answer.numbers))
    assert row["accuracy_measured"] == "no"


def test_a_report_belongs_to_its_series(engine: fakes.FakeEngine) -> None:
    read = result(complete_series())
    draft = replace(series_compose.compose(read), content_hash="0" * 64)
    for render in (pdf.render, as_json.render):
        with pytest.raises(ValueError, match="another scan"):
            render(draft, read)


def test_the_screen_offers_every_form_and_signs(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = with_report(opened(*named(complete_series())))
    assert not at.exception
    assert set(files) == set(report_texts.FORMS.values())
    found = document(files)
    assert found["result"]["status"] == "series_read"
    text = page(files[report_texts.FORMS["pdf"]]())
    assert not any(word in text for word in HELD_OUT)
    for form in ("sr", "seg"):
        made = pydicom.dcmread(io.BytesIO(files[report_texts.FORMS[form]]()))
        assert (made.Modality, made.StudyInstanceUID) == (form.upper(), STUDY)
    at.text_input(key=state.READER).input("A. Reader").run()
    at.button(key="sign").click().run()
    assert not at.exception
    assert document(files)["signature"]["name"] == "A. Reader"
    assert pieces(document(files), "comparison") == [(AI, words.NOT_COMPARED)]
    (entry,) = archive().worklist()
    assert (entry.status, entry.scan.slices) == (SIGNED, 6)


def test_all_reports_include_the_series(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[bytes] = []
    monkeypatch.setattr(
        "streamlit.download_button",
        lambda _, data, **__: given.append(data) if isinstance(data, bytes) else None,
    )
    at = opened(*named(complete_series()), ("one.png", CLEAR))
    at.button(key="all.reports").click().run()
    assert not at.exception
    (packed,) = given
    assert SECRET.encode() not in packed
    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        assert {"readings.csv", "series.csv"} <= set(found.namelist())
