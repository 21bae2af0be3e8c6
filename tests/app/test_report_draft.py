"""Drafts of reports: what they say, and who said it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from app import conflict_texts, gate_texts, orientation_texts, texts
from app import report_texts as words
from app.reports.compose import Measured, compose
from app.reports.draft import AI, READER, edited, sign
from ml.inference.side import side_of
from ml.labels import CLASSES, TITLES
from ml.results import Classification
from ml.volume import Letters, Orientation
from tests.app.readings import (
    CONFLICTS,
    SHARES,
    WEIGHTS,
    drafted,
    measured,
    outlined,
    reading,
    refused,
    sentences,
)

NOON = datetime(2026, 11, 22, 12, 30, 15, 250, tzinfo=UTC)
SIDE_OR_MM = re.compile(r"\bmm|\bleft\b|\bright(-sided| side| hemisphere)", re.IGNORECASE)


def test_sections_stand_in_order_and_begin_with_ai_sentences_only() -> None:
    draft = drafted(reading())
    assert [one.name for one in draft.sections] == list(words.SECTIONS)
    assert {piece.source for one in draft.sections for piece in one.pieces} == {AI}
    assert not draft.sections[0].pieces
    assert draft.status == "draft"
    assert draft.status_line == words.NOT_SIGNED


def test_impression_has_all_four_probabilities_in_whole_per_cent() -> None:
    said = sentences(drafted(reading()))
    assert "AI suggests glioma." in said
    for label, share in zip(CLASSES, SHARES, strict=True):
        assert f"{TITLES[label].lower()} {texts.percent(share)}" in said
    assert "calibrated: glioma 92 %, meningioma 5 %, no tumour 2 %, pituitary tumour <1 %" in said
    assert "2 of 3 put this class first." in said
    assert texts.usual_reading("glioma") in said
    assert not re.search(r"\d\.\d+ %", said)


def test_uncalibrated_probabilities_are_said_to_be_so() -> None:
    mean = Classification("mean", np.array(SHARES, np.float32))
    assert f", {words.NOT_CALIBRATED}: glioma" in sentences(drafted(reading(mean=mean)))


def test_several_classes_are_indeterminate() -> None:
    said = sentences(drafted(reading(prediction_set=("glioma", "meningioma"))))
    assert "Indeterminate: glioma or meningioma." in said
    assert "AI suggests" not in said
    assert "Cannot be ruled out: glioma, meningioma." in said


def test_sizes_are_in_millimetres_where_the_file_has_a_spacing() -> None:
    read = reading()
    sizes = read.segmentation.measurement
    said = sentences(drafted(read))
    assert f"area {sizes.area_mm2:,.0f} mm²" in said
    assert f"longest diameter {sizes.diameter_mm:.1f} mm" in said
    assert f"perpendicular diameter {sizes.perpendicular_mm:.1f} mm" in said


def test_a_png_has_neither_a_side_nor_a_millimetre(tmp_path: Path) -> None:
    read = reading("PNG")
    draft = drafted(read, measured(tmp_path))
    said = "\n".join([sentences(draft), *map(str, vars(draft.footer).values())])
    assert f"{read.segmentation.measurement.diameter_px:.0f} px" in said
    assert words.NO_SIDE in said
    assert not SIDE_OR_MM.search(said)
    assert SIDE_OR_MM.search(sentences(drafted(reading())))


def test_a_side_is_named_only_by_the_letters_of_the_header() -> None:
    read = reading()
    assert read.scan.letters == Letters("R", "L", "A", "P")
    said = sentences(drafted(read))
    assert orientation_texts.stated(read.scan.letters) in said
    side = side_of(read)
    assert side in ("left", "right")
    assert orientation_texts.SIDES[side] in said
    assert words.NO_SIDE not in said
    mirrored = Orientation((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    other = sentences(drafted(replace(read, scan=replace(read.scan, orientation=mirrored))))
    assert "left edge L, right edge R" in other
    assert orientation_texts.SIDES["right" if side == "left" else "left"] in other
    unknown = sentences(drafted(replace(read, scan=replace(read.scan, orientation=None))))
    assert words.NO_SIDE in unknown
    assert not re.search(r"\bleft\b|\bright\b", unknown)


def test_nothing_outlined_and_withheld_are_told_apart() -> None:
    scan = reading().scan
    empty = outlined(np.zeros(scan.shape, bool), scan.spacing_mm)
    assert words.NO_OUTLINE in sentences(drafted(reading(segmentation=empty)))
    withheld = replace(empty, withheld=True, marked_px=40)
    said = sentences(drafted(reading(segmentation=withheld)))
    assert texts.WITHHELD in said
    assert "diameter" not in said


def test_boxes_are_listed_none_is_said_and_no_detector_is_not() -> None:
    assert "Glioma 0.93" in sentences(drafted(reading()))
    assert words.NOT_BOXED in sentences(drafted(reading(detections=())))
    said = sentences(drafted(reading(detections=None)))
    assert "detector" not in said


def test_flags_quote_the_published_figures(tmp_path: Path) -> None:
    figures = measured(tmp_path)
    said = sentences(drafted(reading(), figures))
    assert figures.conflicts is not None
    banner = conflict_texts.banner(CONFLICTS[0], figures.conflicts)
    assert banner.replace("**", "") in said
    assert "is in the training set (figshare)" in said
    impression = drafted(reading(), figures).sections[-1]
    assert "proves nothing" in impression.pieces[0].text
    assert "Copies that keep the whole picture are found: 97.0 %" in said
    assert "such a set held the true class in 88.0 %" in said
    assert conflict_texts.agreed(2, figures.conflicts) in said
    assert "*" not in said


def test_without_figures_nothing_is_filled_in() -> None:
    draft = drafted(reading())
    assert words.CONFLICTS_UNKNOWN in sentences(draft)
    assert "has not been measured here" in sentences(draft)
    assert draft.footer.held_out == texts.NO_FIGURE.replace("`", "")
    assert draft.footer.protocol == ""


def test_no_tumour_stands_beside_its_miss_rate(tmp_path: Path) -> None:
    shares = np.array([0.02, 0.03, 0.94, 0.01], np.float32)
    read = reading(mean=Classification("mean", shares, None, shares), prediction_set=("no_tumor",))
    said = sentences(drafted(read, measured(tmp_path)))
    assert "No tumour detected by the model." in said
    assert "calls 4.0 % (95 % interval 2.0–6.0 %) of the tumours tumour-free" in said
    assert "sually" not in said


def test_a_refused_scan_has_no_class_no_size_and_a_reason(tmp_path: Path) -> None:
    figures = measured(tmp_path)
    answer = refused()
    said = sentences(drafted(answer, figures))
    assert words.REFUSED in said
    assert gate_texts.sentence(answer.refusal) in said
    assert gate_texts.measured(answer.refusal) in said
    assert gate_texts.rates(figures.gate) in said
    for label in TITLES.values():
        assert label.lower() not in said.lower()
    assert "diameter" not in said
    assert "outline" not in said.lower()


def test_footer_has_notice_digests_threshold_and_the_published_figure(tmp_path: Path) -> None:
    figures = measured(tmp_path)
    footer = drafted(reading(), figures).footer
    assert footer.notice == texts.NOTICE
    assert dict(footer.weights) == WEIGHTS
    assert "0.45" in footer.thresholds
    assert figures.summary is not None
    value = figures.summary.clean.models["mean"].get("balanced_accuracy")
    assert texts.share(value) in footer.held_out
    assert figures.summary.protocol in footer.protocol
    assert re.fullmatch(r"Sulcus \d+\.\d+\.\d+", footer.software)


def test_a_readers_words_stay_apart_from_the_ai_and_left_out_ones_are_kept_on_record() -> None:
    draft = drafted(reading("PNG"))
    gone = words.NO_SIDE
    new = edited(draft, {"findings": "  Left frontal mass.\n\n Oedema.  "}, {gone})
    findings = next(one for one in new.sections if one.name == "findings")
    own = [piece.text for piece in findings.pieces if piece.source == READER]
    assert own == ["Left frontal mass.", "Oedema."]
    assert gone not in [piece.text for piece in findings.pieces]
    assert findings.left_out == (gone,)
    before = next(one for one in draft.sections if one.name == "findings")
    kept = [piece for piece in findings.pieces if piece.source == AI]
    assert kept == [piece for piece in before.pieces if piece.text != gone]


def test_a_reader_who_repeats_an_ai_sentence_does_not_change_its_mark() -> None:
    draft = drafted(reading("PNG"))
    new = edited(draft, {"findings": words.NO_SIDE})
    sources = [p.source for s in new.sections for p in s.pieces if p.text == words.NO_SIDE]
    assert sources == [AI, READER]


def test_a_signature_has_name_and_time_in_utc_and_goes_when_a_word_changes() -> None:
    draft = drafted(reading())
    local = NOON.astimezone(timezone(timedelta(hours=2)))
    done = sign(draft, "  Dr.  Ά. Müller ", local)
    assert done.signature is not None
    assert done.signature.name == "Dr. Ά. Müller"
    assert done.signature.time == NOON.replace(microsecond=0)
    assert done.status_line == "Signed by Dr. Ά. Müller, 2026-11-22 12:30 UTC."
    assert done.status == "signed"
    assert edited(done, {"findings": "More."}).signature is None


@pytest.mark.parametrize("name", ["", "  \n "])
def test_nobody_signs_without_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        sign(drafted(reading()), name, NOON)


def test_nobody_signs_at_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        sign(drafted(reading()), "A. Reader", NOON.replace(tzinfo=None))


def test_conflicts_that_were_looked_for_and_not_found_are_said(tmp_path: Path) -> None:
    said = sentences(compose(reading(), measured(tmp_path), ()))
    assert words.NO_CONFLICT in said
    assert sentences(compose(reading(), Measured(), ())).count(words.CONFLICTS_UNKNOWN) == 1
