"""Reports as JSON: the published form, and nothing lost on the way."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app import texts
from app.reports import as_json, pdf
from app.reports.draft import Draft, edited, sign
from app.reports.result import whole_percent
from ml.inference.conflicts import KINDS
from ml.labels import CLASSES
from ml.results import Analysis, Refused
from tests.app.readings import (
    CONFLICTS,
    SHARES,
    WEIGHTS,
    drafted,
    measured,
    reading,
    refused,
)

SCHEMA = json.loads(Path(as_json.__file__).with_name("report.schema.json").read_text())
VALID = Draft202012Validator(SCHEMA)


def signed(answer: Analysis | Refused) -> Draft:
    own = edited(drafted(answer), {"findings": "Größe wie gehabt, Ödem η."})
    return sign(own, "Ελένη Müller", datetime(2026, 11, 22, 12, 30, tzinfo=UTC))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith(as_json.VERSION)
    kinds = SCHEMA["$defs"]["read"]["properties"]["conflicts"]["anyOf"][1]["items"]["enum"]
    assert tuple(kinds) == KINDS
    assert tuple(SCHEMA["$defs"]["label"]["enum"]) == CLASSES


@pytest.mark.parametrize("answer", [reading(), reading("PNG"), refused(), refused("PNG")])
def test_every_report_is_valid_and_equal_after_a_round_trip(answer: Analysis | Refused) -> None:
    for draft in (drafted(answer), signed(answer)):
        document = as_json.document(draft, answer)
        back = json.loads(as_json.render(draft, answer))
        VALID.validate(back)
        assert back == document
        assert back["status"] == draft.status


def test_a_bare_reading_is_valid_too() -> None:
    read = reading(prediction_set=None, membership=None, detections=None)
    found = json.loads(as_json.render(drafted(read), read))
    VALID.validate(found)
    assert found["result"]["suggested"] == "glioma"
    assert found["result"]["boxes"] is None


def without(document: dict[str, Any], path: str) -> dict[str, Any]:
    copy = json.loads(json.dumps(document))
    *way, last = path.split(".")
    place = copy
    for step in way:
        place = place[step]
    del place[last]
    return copy


@pytest.mark.parametrize(
    "path",
    [
        *("notice", "signature", "sections", "scan.spacing_mm", "held_out.figure"),
        *("result.mean", "result.mean.percent.glioma", "result.outline.area_mm2"),
        "made_by.weights_sha256",
    ],
)
def test_what_lacks_a_field_is_not_valid(path: str) -> None:
    read = reading()
    document = as_json.document(drafted(read), read)
    assert VALID.is_valid(document)
    assert not VALID.is_valid(without(document, path))


def test_the_form_refuses_contradictions() -> None:
    read = reading("PNG")
    document = as_json.document(drafted(read), read)
    outline = {**document["result"]["outline"], "diameter_mm": 12.0}
    assert not VALID.is_valid({**document, "result": {**document["result"], "outline": outline}})
    assert not VALID.is_valid({**document, "status": "signed"})
    stranger = {**document["sections"][0], "pieces": [{"source": "nobody", "text": "x"}]}
    assert not VALID.is_valid({**document, "sections": [stranger, *document["sections"][1:]]})
    assert not VALID.is_valid({**document, "sections": document["sections"][::-1]})
    answer = refused()
    other = as_json.document(drafted(answer), answer)
    result = {**other["result"], "suggested": "glioma"}
    assert not VALID.is_valid({**other, "result": result})


def test_the_numbers_are_those_of_the_analysis() -> None:
    read = reading()
    found = as_json.document(drafted(read), read)["result"]
    sizes = read.segmentation.measurement
    for name in ("area_px", "area_mm2", "diameter_mm", "perpendicular_mm", "diameter_px"):
        assert found["outline"][name] == getattr(sizes, name)
    assert list(found["mean"]["percent"].values()) == [92, 5, 2, 1]
    assert list(found["mean"]["shown"].values()) == [texts.percent(one) for one in SHARES]
    assert [one["first"] for one in found["networks"]] == ["glioma", "glioma", "meningioma"]
    assert found["agreement"] == {"agree": 2, "of": 3}
    assert found["conflicts"] == list(CONFLICTS)
    assert found["training_copy"] == {"set": "figshare", "distance_bits": 3}


def test_orientation_and_side_are_there_only_where_the_header_has_them() -> None:
    read, plain = reading(), reading("PNG")
    found = as_json.document(drafted(read), read)
    assert found["scan"]["orientation"] == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert found["result"]["outline"]["side"] in ("left", "right")
    other = as_json.document(drafted(plain), plain)
    assert other["scan"]["orientation"] is None
    assert other["result"]["outline"]["side"] is None
    wrong = {**found["scan"], "orientation": {"left": "X"}}
    assert not VALID.is_valid({**found, "scan": wrong})


def test_indeterminate_readings_suggest_nothing() -> None:
    read = reading(prediction_set=("glioma", "meningioma"))
    found = as_json.document(drafted(read), read)["result"]
    assert found["suggested"] is None
    assert found["not_ruled_out"] == ["glioma", "meningioma"]


def test_signature_marks_digests_and_figure_are_in_it(tmp_path: Path) -> None:
    read = reading()
    found = as_json.document(signed(read), read)
    assert found["signature"] == {"name": "Ελένη Müller", "time": "2026-11-22T12:30:00+00:00"}
    pieces = found["sections"][3]["pieces"]
    assert pieces[-1] == {"source": "reader", "text": "Größe wie gehabt, Ödem η."}
    assert {piece["source"] for piece in pieces[:-1]} == {"ai"}
    assert found["made_by"]["weights_sha256"] == WEIGHTS
    figures = measured(tmp_path)
    quoted = as_json.document(drafted(read, figures), read)["held_out"]
    assert figures.summary is not None
    assert figures.summary.protocol in quoted["protocol"]
    assert "1,234 pictures of 432 patient groups" in quoted["figure"]


@pytest.mark.parametrize("render", [as_json.render, pdf.render])
def test_a_report_is_never_written_with_another_scan(render: Callable[..., bytes]) -> None:
    with pytest.raises(ValueError, match="another scan"):
        render(drafted(reading()), reading("PNG"))


def test_nothing_of_the_source_that_names_a_patient_is_in_it() -> None:
    read = reading()
    assert b"PHANTOM" not in as_json.render(drafted(read), read)


@pytest.mark.parametrize(
    ("share", "whole"),
    [(0.0, 1), (0.004, 1), (0.5, 50), (0.914, 91), (0.9997, 99), (1.0, 99)],
)
def test_whole_per_cent_never_claims_certainty(share: float, whole: int) -> None:
    assert whole_percent(share) == whole
