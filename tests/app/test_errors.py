"""The page *When it is wrong*: every held-out mistake, and pictures from the user's own folder."""

import csv
import io
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import error_texts as words
from app import held_out, services, state, texts
from ml.evaluation.mistakes import DICE_ZERO, KINDS, MARKED, WRONG_CLASS, matching
from ml.evaluation.places import Places
from ml.labels import CLASSES, TITLES
from tests.app.conftest import LESION, html, said

LOGITS = {
    "a.png": ("glioma", (1.0, 4.0, 0.0, 0.0)),
    "b.png": ("glioma", (2.0, 0.0, 0.0, 2.5)),
    "c.png": ("no_tumor", (0.0, 0.0, 5.0, 0.0)),
    "d.png": ("pituitary", (0.0, 0.0, 1.0, 5.0)),
}
NETWORKS = ("mobilenet", "xception", "resnet50")
OUTLINES = (
    "id,group,label,split,dice,iou,hd95_mm,asd_mm,reference_px,predicted_px,picture_px,"
    "predicted_share,tumour\n"
    "figshare/images/a.png,p1,glioma,test,0.000000,0.000000,,,90,0,10000,0.000000,0.9\n"
    "figshare/images/b.png,p1,glioma,test,0.000000,0.000000,,,400,30,10000,0.003000,0.9\n"
    "figshare/images/d.png,p3,pituitary,test,0.700000,0.600000,,,70,60,10000,0.006000,0.9\n"
    "figshare/images/c.png,p2,no_tumor,test,,,,,0,12,10000,0.001200,0.8\n"
)


def rows() -> str:
    """Class rows of four test pictures, all networks alike, and of one validation picture."""
    logits = [f"{name}_logit_{label}" for name in NETWORKS for label in CLASSES]
    lines = [",".join(["id", "source", "group", "cluster", "split", "label", *logits])]
    for number, (name, (label, values)) in enumerate(LOGITS.items()):
        group = f"p{max(number, 1)}"
        where = [f"figshare/images/{name}", "figshare", group, f"c{number}", "test", label]
        lines.append(",".join([*where, *map(str, values * len(NETWORKS))]))
    lines.append(lines[1].replace("a.png", "v.png").replace(",test,", ",validation,"))
    return "\n".join(lines) + "\n"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A repository with five rows and nothing fitted, and a data folder without a picture."""
    places = Places(tmp_path / "repository")
    for file, text in (
        (places.clean_rows, rows()),
        (places.outline_rows, OUTLINES),
        (places.split, "path,label\n"),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setattr(held_out, "PLACES", places)
    (tmp_path / "data" / "figshare" / "images").mkdir(parents=True)
    monkeypatch.setenv("SULCUS_DATA", str(tmp_path / "data"))
    return places


def page_of(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/errors.py")
    return app.run()


def listed(at: AppTest) -> list[str]:
    return [Path(name).name for name in at.dataframe[0].value[words.PICTURE]]


def test_the_worst_mistake_of_the_mean_comes_first(
    app: AppTest, tiny: Places, no_metrics: None
) -> None:
    at = page_of(app)
    assert not at.exception
    assert listed(at) == ["a.png", "b.png"]
    first = at.dataframe[0].value.iloc[0]
    assert (first[words.LABEL], first[words.READ]) == ("Glioma", "Meningioma")
    assert first["Probability of it"] == "92 %"
    text = said(at)
    assert "**2 of 4 test pictures by Mean**, 1 of 3 patient groups. 2 shown." in text
    assert "Clean split, test part" in text
    assert "not calibrated here" in text
    assert "patient group" in text


def test_filters_leave_what_fits(app: AppTest, tiny: Places, no_metrics: None) -> None:
    at = page_of(app)
    at.segmented_control(key=state.ERROR_MODEL).set_value("xception").run()
    assert "by Xception" in said(at)
    at.selectbox(key=state.ERROR_READ).set_value("pituitary").run()
    assert listed(at) == ["b.png"]
    assert at.selectbox(key=state.ERROR_PICTURE).value == "figshare/images/b.png"
    at.slider(key=state.ERROR_LEAST).set_value(90).run()
    assert not at.dataframe
    assert at.info[0].value == words.NOTHING
    assert "0 shown" in said(at)
    at.selectbox(key=state.ERROR_READ).set_value(None).run()
    assert listed(at) == ["a.png"]
    at.selectbox(key=state.ERROR_LABEL).set_value("no_tumor").run()
    assert not at.dataframe


def test_outlines_that_are_wrong(app: AppTest, tiny: Places, no_metrics: None) -> None:
    at = page_of(app)
    at.segmented_control(key=state.ERROR_KIND).set_value(DICE_ZERO).run()
    assert listed(at) == ["b.png", "a.png"], "the larger tumour is the worse miss"
    assert "2 of 3 test pictures" in said(at)
    row = at.dataframe[0].value.iloc[0]
    assert (row["Tumour, px"], row["Marked by the U-Net, px"]) == ("400", "30")
    assert row["Wrong share of the picture"] == "4.0 %"
    at.segmented_control(key=state.ERROR_KIND).set_value(MARKED).run()
    assert listed(at) == ["c.png"]
    assert "1 of 1 test pictures" in said(at)


def test_the_rows_on_screen_are_the_rows_of_the_file(
    app: AppTest, tiny: Places, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    monkeypatch.setattr("streamlit.download_button", lambda _, data, **__: given.append(data))
    at = page_of(app)
    at.selectbox(key=state.ERROR_READ).set_value("meningioma").run()
    lines = list(csv.DictReader(io.StringIO(given[-1])))
    assert [Path(line["id"]).name for line in lines] == listed(at) == ["a.png"]


def test_a_picture_is_shown_only_from_the_users_own_folder(
    app: AppTest, tiny: Places, no_metrics: None, tmp_path: Path
) -> None:
    at = page_of(app)
    assert "<img" not in html(at)
    assert "put it at `data/figshare/images/a.png`" in said(at)
    before = sorted(path for path in tmp_path.rglob("*"))
    (tmp_path / "data" / "figshare" / "images" / "a.png").write_bytes(LESION)
    at.run()
    assert '<img src="data:image/png;base64,' in html(at)
    assert "Glioma, read as meningioma" in html(at)
    assert "put it at" not in said(at)
    after = sorted(path for path in tmp_path.rglob("*"))
    assert [path.name for path in after if path not in before] == ["a.png"]


def test_a_picture_that_cannot_be_read_is_an_error(
    app: AppTest, tiny: Places, no_metrics: None, tmp_path: Path
) -> None:
    (tmp_path / "data" / "figshare" / "images" / "a.png").write_bytes(LESION[:200])
    at = page_of(app)
    assert not at.exception
    assert "damaged" in at.error[0].value
    assert listed(at) == ["a.png", "b.png"]


def test_without_rows_the_command_is_named(app: AppTest, tiny: Places, no_metrics: None) -> None:
    tiny.clean_rows.unlink()
    at = page_of(app)
    assert not at.exception
    assert "make evaluate" in at.error[0].value
    assert not at.dataframe


def test_the_committed_rows_are_all_there(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sartaj").mkdir()
    monkeypatch.setattr(held_out, "PLACES", Places(services.ROOT))
    monkeypatch.setenv("SULCUS_DATA", str(tmp_path))
    at = page_of(app)
    assert not at.exception
    found = held_out.mistakes()
    clean = services.summary().clean
    for kind in KINDS:
        at.segmented_control(key=state.ERROR_KIND).set_value(kind).run()
        model = "mean" if kind == WRONG_CLASS else None
        rows_ = matching(found.rows[kind], model=model)
        assert list(at.dataframe[0].value[words.PICTURE]) == [one.id for one in rows_]
        assert f"**{len(rows_)} of {found.tested[kind].n_pictures:,}" in said(at)
        if kind == WRONG_CLASS:
            assert found.tested[kind].n_pictures == clean.n_pictures
            assert f"{texts.plain(clean.n_groups)} patient groups" in said(at)
            assert at.dataframe[0].value[words.LABEL].isin(TITLES.values()).all()
