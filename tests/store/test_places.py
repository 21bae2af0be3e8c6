"""Where the store lies, its secret, and the pictures that a reader keeps."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.store.pictures import Pictures
from app.store.places import KEEP_DAYS, Places, places, prepare, secret
from ml.errors import DamagedFile, StoreError
from ml.io import kept, read_scan
from ml.io.identity import Origin, keyed, origin
from ml.phantom.drawing import draw
from ml.phantom.files import to_dicom, to_png

KEY = b"k" * 32
ROOT = Path(__file__).resolve().parents[2]


def header(data: bytes, old: bytes, new: bytes) -> bytes:
    """A DICOM file with one value of the same length replaced."""
    assert len(old) == len(new)
    assert data.count(old) == 1
    return data.replace(old, new)


@pytest.fixture(scope="module")
def dicom() -> bytes:
    return to_dicom(draw("glioma", seed=5, size=128))


def dated(data: bytes, stated: str) -> bytes:
    """The file with a study date: (0008,0020) DA, which the phantom has empty."""
    empty = b"\x08\x00\x20\x00DA\x00\x00"
    assert data.count(empty) == 1
    value = stated.encode()
    return data.replace(empty, empty[:6] + len(value).to_bytes(2, "little") + value)


def test_the_default_folder_is_the_users_own_and_not_the_repository() -> None:
    home = places({}).home
    assert home == Path.home() / ".local" / "share" / "sulcus"
    assert ROOT not in (home, *home.parents)
    assert places({"XDG_DATA_HOME": "/data"}).home == Path("/data/sulcus")


def test_the_environment_names_the_places(tmp_path: Path) -> None:
    chosen = places(
        {
            "SULCUS_HOME": str(tmp_path),
            "SULCUS_SECRET": str(tmp_path / "elsewhere"),
            "SULCUS_DATABASE_URL": "postgresql://user:word@host/name",
            "SULCUS_KEEP_DAYS": "7",
        }
    )
    assert (chosen.home, chosen.secret_file) == (tmp_path, tmp_path / "elsewhere")
    assert (chosen.url.drivername, chosen.url.host) == ("postgresql+psycopg", "host")
    assert chosen.keep_days == 7
    assert places({"SULCUS_HOME": str(tmp_path)}).keep_days == KEEP_DAYS


@pytest.mark.parametrize("address", ["mysql://user:word@host/name", "word", "sqlite:///word"])
def test_another_database_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(StoreError, match="postgresql://") as caught:
        places({"SULCUS_DATABASE_URL": address})
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "many"])
def test_a_retention_that_is_no_number_of_days_is_refused(days: str) -> None:
    with pytest.raises(StoreError, match="whole number"):
        places({"SULCUS_KEEP_DAYS": days})


def test_the_secret_is_made_once_and_for_its_owner_only(found: Places) -> None:
    prepare(found)
    first = secret(found)
    assert len(first) == 32
    assert secret(found) == first
    assert oct(found.secret_file.stat().st_mode)[-3:] == "600"
    assert [file.name for file in found.home.iterdir()] == ["secret"]
    other = replace(found, secret_file=found.home / "another")
    assert secret(other) != first


def test_many_that_start_at_once_get_the_same_secret(found: Places) -> None:
    prepare(found)
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: secret(found), range(16)))
    assert len(made) == 1
    assert [file.name for file in found.home.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", ["", "ab", "not hexadecimal"])
def test_a_secret_that_cannot_be_used_is_not_replaced(found: Places, content: str) -> None:
    prepare(found)
    found.secret_file.write_text(content)
    with pytest.raises(StoreError, match="secret"):
        secret(found)
    assert found.secret_file.read_text() == content


def test_a_pseudonym_hides_the_identifier_and_stays_the_same(dicom: bytes) -> None:
    said = origin(dicom, KEY)
    assert said == Origin(keyed(KEY, "patient", "SIMULATED"), None, "MR")
    other = origin(header(dicom, b"LO\x0a\x00SIMULATED ", b"LO\x0a\x00PATIENT-77"), KEY)
    assert other.pseudonym == keyed(KEY, "patient", "PATIENT-77")
    assert other.pseudonym not in (said.pseudonym, origin(dicom, b"l" * 32).pseudonym)
    assert said.pseudonym != keyed(KEY, "content", "SIMULATED")
    without = origin(header(dicom, b"LO\x0a\x00SIMULATED ", b"LO\x0a\x00          "), KEY)
    assert without.pseudonym is None


@pytest.mark.parametrize(
    ("stated", "read"),
    [("20260131", date(2026, 1, 31)), ("20260231", None), ("2026-1-1", None), ("202601", None)],
)
def test_a_study_date_is_read_or_unknown(dicom: bytes, stated: str, read: date | None) -> None:
    assert origin(dated(dicom, stated), KEY).study_date == read


def test_a_modality_that_is_free_text_is_not_passed_on(dicom: bytes) -> None:
    assert origin(header(dicom, b"CS\x02\x00MR", b"CS\x02\x00JD"), KEY).modality is None


def test_a_picture_without_a_header_has_no_origin() -> None:
    assert origin(to_png(draw("glioma", seed=5, size=128)), KEY) == Origin(None, None, None)


def test_a_kept_picture_comes_back_as_it_was_and_holds_no_header(
    tmp_path: Path, dicom: bytes
) -> None:
    scan = read_scan(dicom)
    folder = Pictures(tmp_path / "pictures", 30)
    assert folder.kept_until(scan.content_hash) is None
    end = folder.keep(scan)
    assert abs(end - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=5)
    assert folder.kept_until(scan.content_hash) == end
    data = folder.data(scan.content_hash)
    assert b"SIMULATED^PHANTOM" in dicom
    back = kept.unpack(data, scan.content_hash)
    np.testing.assert_array_equal(back.pixels, scan.pixels)
    assert replace(back, pixels=scan.pixels) == scan
    (file,) = (tmp_path / "pictures").iterdir()
    assert oct(file.stat().st_mode)[-3:] == "600"
    with np.load(file, allow_pickle=False) as archive:
        assert set(archive.files) == {"pixels", "facts"}
        facts = json.loads(archive["facts"].tobytes())
    geometry = {"spacing_mm", "orientation"}
    assert set(facts) == {"window", "format", "notes", "simulated", "colour"} | geometry
    assert "PHANTOM" not in json.dumps(facts)
    folder.forget(scan.content_hash)
    folder.forget(scan.content_hash)
    with pytest.raises(StoreError, match="not kept"):
        folder.data(scan.content_hash)


def test_pictures_go_when_their_days_are_over(tmp_path: Path, dicom: bytes) -> None:
    scan = read_scan(dicom)
    folder = Pictures(tmp_path, 30)
    assert Pictures(tmp_path / "absent", 30).remove_old() == 0
    folder.keep(scan)
    assert folder.remove_old() == 0
    (file,) = tmp_path.iterdir()
    past = time.time() - timedelta(days=30, hours=1).total_seconds()
    os.utime(file, (past, past))
    assert folder.kept_until(scan.content_hash) is None
    assert folder.remove_old() == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", [slice(0, 100), slice(0, -40), slice(40, None)])
def test_a_kept_picture_that_is_not_whole_is_refused(dicom: bytes, part: slice) -> None:
    with pytest.raises(DamagedFile, match="kept picture"):
        kept.unpack(kept.pack(read_scan(dicom))[part], "0" * 64)


def test_a_content_hash_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="64"):
        Pictures(tmp_path, 30).data("../secret")
