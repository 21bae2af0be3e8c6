"""The view *Data audit*: published figures, and the audit of an uploaded set."""

import json
import tempfile
import tomllib
from html import escape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import audit_texts as words
from app import audits
from app.components import download
from ml.datasets.audit_rows import AuditRow
from ml.datasets.own_set import OwnSet
from ml.errors import MembershipError
from ml.evaluation import published_audit
from ml.io.limits import MAX_ARCHIVE_BYTES, MAX_BYTES
from tests.app.conftest import MAIN, html
from tests.ml.datasets.test_own_set import PLANTED, known, zipped


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads are unpacked."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def index(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks were trained on one drawn head."""
    monkeypatch.setattr(audits, "training_set", lambda: known(2))


def page_of(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/audit.py")
    return app.run()


@pytest.fixture(scope="module")
def published() -> AppTest:
    """The page with the committed figures, drawn once for all tests that only look."""
    return page_of(AppTest.from_file(str(MAIN), default_timeout=180))


def said(at: AppTest) -> str:
    elements = (*at.markdown, *at.caption, *at.info, *at.error)
    return "\n".join(element.value for element in elements)


def charts(at: AppTest) -> dict[str, dict[str, Any]]:
    """Plotly specifications by the title of their chart, the last of each."""
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    return {spec["layout"]["title"]["text"]: spec for spec in specs}


def audited(app: AppTest, data: bytes) -> AppTest:
    at = page_of(app)
    at.file_uploader[0].set_value([("set.zip", data, "application/zip")])
    at.run()
    (start,) = [button for button in at.button if button.label == words.START]
    return start.click().run()


def test_without_figures_the_command_is_named_and_a_set_can_be_audited(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "AUDIT_FILE", tmp_path / "audit.json")
    at = page_of(app)
    assert not at.exception
    assert "python -m ml.datasets.audit" in at.error[0].value
    assert not at.get("plotly_chart")
    assert len(at.file_uploader) == 2


def test_published_figures_are_on_the_page(published: AppTest) -> None:
    at = published
    assert not at.exception
    page, findings = html(at), said(at)
    figures = published_audit.load(audits.AUDIT_FILE)
    for found in figures.sets.values():
        for number in (found.counts.slices, found.near_copies, found.counts.groups):
            assert f"<td>{number:,}</td>" in page
    sartaj = figures.sets["sartaj"].leak
    assert f"of {sartaj.test_pictures:,} test pictures {words.share(sartaj.copy)}" in findings
    assert f"{figures.whole.counts.slices:,} distinct slices" in findings
    assert "figshare holds no tumour-free picture" in findings
    assert "no external test" in findings


def test_figures_follow_the_file(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = json.loads(audits.AUDIT_FILE.read_text())
    raw["sources"]["roboflow"]["test_against_train"]["share_with_copy"] = 0.1234
    raw["sources"]["roboflow"]["clusters"] = 1234567
    file = tmp_path / "audit.json"
    file.write_text(json.dumps(raw))
    monkeypatch.setattr(audits, "AUDIT_FILE", file)
    at = page_of(app)
    assert "1,234,567" in html(at)
    bars = {bar["name"]: bar for bar in charts(at)[words.LEAK_CHART]["data"]}
    copy = bars[words.LEAK_BARS[1]]
    assert copy["y"][copy["x"].index("Roboflow")] == 0.1234
    assert "12 %" in said(at)


def test_every_table_and_chart_can_be_saved(published: AppTest) -> None:
    at = published
    tables = html(at).count("sulcus-figures")
    assert len(at.get("download_button")) == tables == 4
    for chart in at.get("plotly_chart"):
        saved = json.loads(chart.proto.config)["toImageButtonOptions"]
        assert saved["format"] == "png"
        assert saved["filename"].startswith("audit_")


def test_bars_are_told_apart_without_colour(published: AppTest) -> None:
    drawn = charts(published)
    for title in (words.LEAK_CHART, words.CLASS_CHART):
        shapes = [bar["marker"]["pattern"]["shape"] for bar in drawn[title]["data"]]
        assert len(set(shapes)) == len(shapes)


def test_copies_between_sets_are_shares_of_the_line(published: AppTest) -> None:
    (heat,) = charts(published)[words.COPIES_CHART]["data"]
    figures = published_audit.load(audits.AUDIT_FILE)
    names = list(figures.sets)
    line, column = names.index("sartaj"), names.index("figshare")
    count = figures.copies_in["sartaj"]["figshare"]
    assert heat["z"][line][column] == count / figures.sets["sartaj"].counts.pictures
    assert heat["text"][line][column].startswith(f"{count:,} (")
    assert heat["z"][line][line] is None


def test_an_uploaded_zip_is_audited_and_let_go(app: AppTest, temporary: Path) -> None:
    at = audited(app, zipped(PLANTED))
    assert not at.exception
    findings, page = said(at), html(at)
    assert "Your set holds 6 pictures, but 4 distinct slices" in findings
    assert "of 3 test pictures 67 % have a copy" in findings
    assert "1 slices carry labels that contradict each other (2 pictures)" in findings
    assert "1 (17 %) of these pictures are copies of pictures" in findings
    assert "1 picture files cannot be read" in findings
    assert "1 pictures lie in no class folder" in findings
    assert "mine/test/meningioma/contradicts 1.jpg" in page
    assert words.OWN_KEPT in findings
    assert [name.value for name in at.text] == ["mine/train/glioma/damaged.jpg"]
    assert list(temporary.iterdir()) == []
    assert not at.file_uploader[0].value
    forget = [button for button in at.button if button.label == words.FORGET]
    assert "Your set holds" not in said(forget[0].click().run())


def test_an_uploaded_folder_is_audited(app: AppTest) -> None:
    at = page_of(app)
    folder = at.file_uploader[1]
    assert folder.accept_directory
    files = [(name, PLANTED[name], "image/jpeg") for name in PLANTED if "/train/" in name]
    folder.set_value(files)
    at.run()
    (start,) = [button for button in at.button if button.label == words.START]
    start.click().run()
    assert not at.exception
    assert "Your set holds 3 pictures" in said(at)
    assert words.NO_TEST in said(at)
    assert words.NO_CLUSTERS in said(at)
    assert "one class alone" in said(at)


def test_a_refused_set_is_explained_and_let_go(app: AppTest, temporary: Path) -> None:
    at = audited(app, zipped({"glioma/a.png": b"x", "../glioma/a.png": b"x"}))
    assert not at.exception
    assert "leads out of its folder" in at.error[0].value
    assert list(temporary.iterdir()) == []
    assert not at.file_uploader[0].value


def test_a_folder_name_is_never_read_as_markup_and_no_look_up_is_said(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MembershipError

    monkeypatch.setattr(audits, "training_set", missing)
    name = "<b>bold<img src=x>"
    at = audited(app, zipped({f"{name}/a.jpg": PLANTED["cover.jpg"]}))
    assert name not in html(at) + said(at)
    assert charts(at)[words.CLASS_CHART]["data"][0]["name"] == escape(name)
    assert "index of training pictures is missing" in said(at)


def test_a_large_set_says_that_it_was_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    row = AuditRow("a", "upload", "glioma", "", "0", 0, 0, label_conflict=False)
    found = OwnSet((row,), (), 0, None)
    assert "is missing" in words.known(found)
    monkeypatch.setattr(words, "MAX_LOOKED_UP", 0)
    assert "it has more than 0 pictures" in words.known(found)


def test_the_server_takes_what_the_uploaders_offer(published: AppTest) -> None:
    """Streamlit's server has one limit for all; a larger one on a widget would never be reached."""
    settings = tomllib.loads((MAIN.parents[1] / ".streamlit" / "config.toml").read_text())
    offered = [uploader.proto.max_upload_size_mb for uploader in published.file_uploader]
    assert offered == [MAX_ARCHIVE_BYTES // 2**20, MAX_BYTES // 2**20]
    assert settings["server"]["maxUploadSize"] >= max(offered)


def test_a_file_name_is_no_formula_in_a_spreadsheet() -> None:
    assert download.text(["path"], [["=1+1.png"], ["a, b.png"], [3]]) == (
        'path\n\'=1+1.png\n"a, b.png"\n3\n'
    )
