"""The view *Accuracy*: empty, and with the figures of a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import accuracy_texts as words
from app import services, state, texts
from tests.app.conftest import html


def accuracy(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/accuracy.py")
    return app.run()


def charts(at: AppTest) -> dict[str, list[dict[str, Any]]]:
    """Plotly traces by the title of their chart."""
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    return {spec["layout"]["title"]["text"]: spec["data"] for spec in specs}


def test_without_figures_the_command_is_named(app: AppTest, no_metrics: None) -> None:
    at = accuracy(app)
    assert not at.exception
    assert "make evaluate" in at.error[0].value
    assert not at.get("plotly_chart")
    assert "sulcus-figures" not in html(at)


def test_damaged_figures_are_an_error_not_a_number(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "summary.json"
    file.write_text('{"clean": ')
    monkeypatch.setattr(services, "SUMMARY_FILE", file)
    at = accuracy(app)
    assert not at.exception
    assert "cannot be read" in at.error[0].value
    assert texts.NO_FIGURE.replace("`", "") in html(at)


def test_every_figure_has_its_interval(app: AppTest, metrics: dict[str, Any]) -> None:
    at = accuracy(app)
    assert not at.exception
    page = html(at)
    for figures in metrics["clean"]["models"].values():
        for name in texts.FIGURES:
            found = figures[name]
            if found["value"] is not None:
                shown = f"{found['value']:.3f} [{found['low']:.3f}–{found['high']:.3f}]"
                assert shown in page
    for title in texts.FIGURES.values():
        assert title in page
    assert metrics["protocol"] in [element.value for element in at.markdown]


def test_an_undefined_figure_is_a_dash(app: AppTest, metrics: dict[str, Any]) -> None:
    page = html(accuracy(app))
    row = page[page.index(texts.FIGURES["nll"]) :].split("</tr>")[0]
    assert row.count(f"<td>{texts.DASH}</td>") == len(metrics["clean"]["models"])


def test_figures_follow_the_file(app: AppTest, metrics: dict[str, Any]) -> None:
    metrics["clean"]["models"]["xception"]["accuracy"] = {"value": 0.1234, "low": 0.1, "high": 0.2}
    services.SUMMARY_FILE.write_text(json.dumps(metrics))
    assert "0.123 [0.100–0.200]" in html(accuracy(app))


def test_official_split_stands_beside_with_its_leak(app: AppTest, metrics: dict[str, Any]) -> None:
    at = accuracy(app)
    leak = metrics["official_sartaj"]["leaky_share"]
    shown = " ".join(element.value for element in at.markdown)
    assert f"{leak:.0%}".replace("%", " %") in shown
    page = html(at)
    assert "Balanced accuracy, clean" in page
    assert "Balanced accuracy, official" in page


def test_missing_official_split_is_said(app: AppTest, metrics: dict[str, Any]) -> None:
    del metrics["official_sartaj"]
    services.SUMMARY_FILE.write_text(json.dumps(metrics))
    at = accuracy(app)
    assert words.NO_OFFICIAL in [element.value for element in at.info]


def test_confusion_and_roc_are_of_the_chosen_network(app: AppTest, metrics: dict[str, Any]) -> None:
    metrics["clean"]["models"]["resnet50"]["confusion"] = [[7] * 4] * 4
    services.SUMMARY_FILE.write_text(json.dumps(metrics))
    at = accuracy(app)
    found = charts(at)
    mean = metrics["clean"]["models"]["mean"]
    assert found["Confusion matrix (pictures)"][0]["z"] == mean["confusion"]
    curves = found["ROC, each class against the rest"]
    assert [list(curve["y"]) for curve in curves] == [c["tpr"] for c in mean["roc"].values()]
    at.button_group(key=state.ACCURACY_MODEL).set_value("resnet50").run()
    assert charts(at)["Confusion matrix (pictures)"][0]["z"] == [[7] * 4] * 4


def test_dice_by_class_and_false_marks(app: AppTest, metrics: dict[str, Any]) -> None:
    at = accuracy(app)
    unet = metrics["segmentation"]["unet"]
    boxes = charts(at)["Dice of every picture"]
    assert [len(box["y"]) for box in boxes] == [len(v) for v in unet["dice_values"].values()]
    shown = " ".join(element.value for element in at.markdown)
    assert f"{unet['tumour_free']['marked_share']['value']:.1%}".replace("%", " %") in shown
    assert words.SEGMENTATION_FIGURES["dice_zero_share"] in html(at)


def test_pairs_say_what_they_are_for(app: AppTest, metrics: dict[str, Any]) -> None:
    at = accuracy(app)
    assert words.PAIRS_HEADING in [element.value for element in at.subheader]
    shown = " ".join(element.value for element in at.markdown)
    assert "812 pictures of 307 heads" in shown
    page = html(at)
    for title in words.PAIR_PARTS.values():
        assert title in page
    for found in metrics["counterfactual"]["pairs"]["auroc"].values():
        assert f"{found['value']:.3f} [{found['low']:.3f}–{found['high']:.3f}]" in page


def test_without_pairs_nothing_is_said_of_them(app: AppTest, metrics: dict[str, Any]) -> None:
    del metrics["counterfactual"]
    services.SUMMARY_FILE.write_text(json.dumps(metrics))
    at = accuracy(app)
    assert not at.exception
    assert words.PAIRS_HEADING not in [element.value for element in at.subheader]


def test_networks_of_the_field_are_ranked_with_intervals_and_cost(
    app: AppTest, metrics: dict[str, Any], comparison: dict[str, Any]
) -> None:
    at = accuracy(app)
    assert not at.exception
    assert words.FIELD_HEADING in [element.value for element in at.subheader]
    drawn = charts(at)["Balanced accuracy, 95 % interval"][0]
    assert list(drawn["y"]) == ["Mean", "MobileNet", "Multi-layer perceptron"]
    assert list(drawn["x"]) == [0.93, 0.9, 0.55]
    page = html(at)
    row = page[page.rindex("Multi-layer perceptron") :].split("</tr>")[0]
    for cell in ("0.550 [", "2.2 M", "4.2 MiB", "<td>3</td>", "<td>4</td>"):
        assert cell in row
    captions = " ".join(element.value for element in at.caption)
    assert "2 of 3 pairs" in captions
    assert "MobileNet over Multi-layer perceptron" in captions
    assert "Mean over MobileNet" not in captions
    for found in ("0.710 [", "0.620 [", "96.56 %", "slices of a patient on both sides"):
        assert found in page


def test_the_protocol_is_chosen_and_its_leak_said(
    app: AppTest, metrics: dict[str, Any], comparison: dict[str, Any]
) -> None:
    at = accuracy(app)
    at.button_group(key=state.FIELD_PROTOCOL).set_value("official_sartaj").run()
    captions = " ".join(element.value for element in at.caption)
    assert "As shipped: 1,234 pictures" in captions
    assert "61 % of them have a group-mate in training" in captions


def test_without_a_comparison_nothing_is_said_and_a_damaged_one_is_an_error(
    app: AppTest, metrics: dict[str, Any], comparison: dict[str, Any]
) -> None:
    services.COMPARISON_FILE.unlink()
    at = accuracy(app)
    assert not at.exception
    assert words.FIELD_HEADING not in [element.value for element in at.subheader]
    services.COMPARISON_FILE.write_text('{"titles": {}}')
    at = at.run()
    assert not at.exception
    assert "make compare" in at.error[0].value
