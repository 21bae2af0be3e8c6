"""Reports in earlier forms: valid by the schema of their time and by today's, and still read.

The files in earlier_reports were written by the code of their version, on drawn scans.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app import signed_texts
from app.reports import as_json
from app.reports.restored import restored
from tests.app.readings import drafted, reading
from tests.app.test_signed_report import stored

FOLDER = Path(as_json.__file__).parent
WRITTEN = sorted(Path(__file__).with_name("earlier_reports").glob("*.json"))
MAJOR, MINOR = map(int, as_json.VERSION.split("."))
EARLIER = [f"{MAJOR}.{minor}" for minor in range(MINOR)]


def schema(version: str) -> dict[str, Any]:
    own = FOLDER / "earlier" / f"report-{version}.schema.json"
    file = FOLDER / "report.schema.json" if version == as_json.VERSION else own
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("version", EARLIER)
def test_every_earlier_schema_is_published_under_its_version(version: str) -> None:
    found = schema(version)
    Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:sulcus:report:{version}"
    assert any(file.name.startswith(f"report-{version}-") for file in WRITTEN), "has an example"


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_an_earlier_report_is_valid_then_and_now(file: Path) -> None:
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["version"] == file.stem.split("-")[1]
    assert found["status"] == "signed"
    for version in (found["version"], as_json.VERSION):
        valid = Draft202012Validator(schema(version))
        valid.validate(found)
        assert not valid.is_valid({**found, "signature": None})


@pytest.mark.parametrize("version", [one for one in EARLIER if one != "1.0"])
def test_what_was_signed_in_an_earlier_form_is_not_made_again(version: str) -> None:
    """Its text is shown and saved as it is; 1.0 was never stored."""
    read = reading()
    row = stored(drafted(read), read)
    assert restored(row, read, rows=(row,), outlines=(), drawings=()) is not None
    told = json.loads(row.report.document)
    del told["reader_drawing"]
    text = json.dumps({**told, "version": version}, ensure_ascii=False, indent=2)
    report = replace(row.report, form_version=version, document=f"{text}\n")
    earlier = replace(row, report=report, digest=report.digest)
    assert earlier.intact
    assert restored(earlier, read, rows=(earlier,), outlines=(), drawings=()) is None
    assert "form" in signed_texts.READ_OTHERWISE
