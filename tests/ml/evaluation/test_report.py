"""The published files: schema, repetition, markers, and that a changed figure is noticed."""

import json
import math
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from ml.errors import MetricsError
from ml.evaluation import published, report
from ml.evaluation.__main__ import main
from ml.evaluation.calibration import softmax
from ml.evaluation.intervals import Interval
from ml.evaluation.places import Places
from ml.evaluation.rendering import render
from ml.evaluation.rows import (
    ClassificationTable,
    read_classification,
    with_mean,
    write_classification,
)
from ml.evaluation.tables import BEGIN, END, fill_markers
from ml.labels import CLASSES, NO_TUMOR
from tests.ml.evaluation.conftest import simulated_repository, simulated_table

MODELS = ["mobilenet", "xception", "resnet50", "mean"]
INTERVALS = {
    *("accuracy", "balanced_accuracy", "macro_f1", "auroc_macro", "auprc_macro"),
    *("tumour_sensitivity", "tumour_specificity", "ece", "brier", "nll"),
    *("ece_calibrated", "brier_calibrated", "nll_calibrated"),
}


def summary_of(places: Places) -> dict[str, object]:
    return report.build_summary(places, read_classification(places.clean_rows))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A repository with all that is published from its rows; nothing writes here again."""
    root = simulated_repository(tmp_path_factory.mktemp("written"))
    report.write(root)
    return root


@pytest.fixture
def summary(repository, written):
    shutil.copytree(written, repository, dirs_exist_ok=True)
    return json.loads(Places(repository).summary.read_text())


def test_summary_has_the_agreed_schema(summary):
    assert set(summary) == {
        *("protocol", "split_id", "clean", "official_sartaj", "segmentation", "paired")
    }
    assert re.fullmatch(r"[0-9a-f]{16}", summary["split_id"])
    assert list(summary["clean"]["models"]) == MODELS
    for figures in summary["clean"]["models"].values():
        for name in INTERVALS:
            interval = figures[name]
            assert interval["low"] <= interval["value"] <= interval["high"] or "ece" in name
        assert set(figures["sensitivity"]) == set(figures["specificity"]) == set(CLASSES)
        assert np.shape(figures["confusion"]) == (4, 4)
        assert np.sum(figures["confusion"]) == summary["clean"]["n_pictures"]
        assert 0 < figures["operating_threshold"] < 1
        assert figures["temperature"] > 0
        for curve in figures["roc"].values():
            assert len(curve["fpr"]) == len(curve["tpr"]) <= 200


def test_only_test_pictures_count_and_groups_are_counted(repository, summary):
    table = read_classification(Places(repository).clean_rows)
    test = table.part("test")
    assert summary["clean"]["n_pictures"] == len(test) < len(table)
    assert summary["clean"]["n_groups"] == len(set(test.where["group"]))
    for name, logits in with_mean(test.logits).items():
        figures, called = summary["clean"]["models"][name], logits.argmax(axis=1)
        assert figures["accuracy"]["value"] == pytest.approx(
            metrics.accuracy_score(test.labels, called), abs=1e-6
        )
        assert figures["confusion"] == metrics.confusion_matrix(test.labels, called).tolist()
        alarm = 1 - softmax(logits)[:, NO_TUMOR] >= figures["operating_threshold"]
        tumour = test.labels != NO_TUMOR
        assert figures["tumour_sensitivity"]["value"] == pytest.approx(
            alarm[tumour].mean(), abs=1e-6
        )


def test_a_mean_over_other_networks_is_not_set_beside_the_mean(repository):
    places = Places(repository)
    table = read_classification(places.official_rows)
    only = {"mobilenet": table.logits["mobilenet"]}
    write_classification(places.official_rows, ClassificationTable(table.where, only, table.leaky))
    assert list(summary_of(places)["official_sartaj"]["models"]) == ["mobilenet"]


def test_temperature_and_threshold_come_from_validation_alone(repository, summary):
    places = Places(repository)
    table = read_classification(places.clean_rows)
    test = np.array(table.where["split"]) == "test"
    logits = {name: values.copy() for name, values in table.logits.items()}
    for values in logits.values():
        values[test] = values[test][:, ::-1]
    write_classification(places.clean_rows, type(table)(table.where, logits, table.leaky))
    after = summary_of(places)["clean"]["models"]
    for name, figures in summary["clean"]["models"].items():
        assert after[name]["temperature"] == figures["temperature"]
        assert after[name]["operating_threshold"] == figures["operating_threshold"]
        assert after[name]["accuracy"].value != figures["accuracy"]["value"]


def test_a_split_without_validation_is_not_calibrated(summary):
    official = summary["official_sartaj"]
    assert official["leaky_share"] == pytest.approx(1 / 3, abs=1e-6)
    assert (official["n_pictures"], official["n_groups"]) == (90, 30)
    for figures in official["models"].values():
        assert figures["temperature"] is None
        assert figures["ece_calibrated"] == {"value": None, "low": None, "high": None}
        assert figures["operating_threshold"] == 0.5
    assert "held out to choose the epoch" in official["protocol"].replace("\n", " ")


def test_pairs_are_ranked_only_beyond_zero(summary):
    pairs = {(row["a"], row["b"]): row for row in summary["paired"]}
    assert len(pairs) == 6
    for row in pairs.values():
        interval = row["difference"]
        assert row["ranking"] == (interval["low"] > 0 or interval["high"] < 0)
        assert row["metric"] == "balanced_accuracy"
    models = summary["clean"]["models"]
    first, last = (models[name]["balanced_accuracy"]["value"] for name in ("mobilenet", "resnet50"))
    assert pairs["mobilenet", "resnet50"]["difference"]["value"] == pytest.approx(
        first - last, abs=2e-6
    )
    assert pairs["mobilenet", "resnet50"]["ranking"]


def test_outline_figures_are_of_test_pictures_by_class(repository, summary):
    unet = summary["segmentation"]["unet"]
    assert unet["threshold"] == 0.45
    assert set(unet["by_class"]) == {"glioma", "meningioma", "pituitary"}
    values = [v for part in unet["dice_values"].values() for v in part]
    assert len(values) == unet["n_pictures"]
    assert unet["dice_mean"]["value"] == pytest.approx(np.mean(values), abs=1e-6)
    assert unet["dice_median"]["value"] == pytest.approx(np.median(values), abs=1e-6)
    glioma = unet["by_class"]["glioma"]
    assert glioma["n_pictures"] == len(unet["dice_values"]["glioma"])
    assert unet["tumour_free"]["n_pictures"] > 0
    assert set(unet["tumour_free"]) == {
        *("n_pictures", "n_groups", "marked_share", "mean_area_share")
    }


def test_figures_that_do_not_exist_yet_are_absent(repository):
    places = Places(repository)
    places.official_rows.unlink()
    places.outline_rows.unlink()
    summary = summary_of(places)
    assert "official_sartaj" not in summary
    assert "segmentation" not in summary
    assert "Sartaj" not in report.outputs(repository)[repository / "README.md"]


def test_the_pages_reader_understands_the_file(repository, summary):
    read = published.load(Places(repository).summary)
    assert read.clean.n_groups == summary["clean"]["n_groups"]
    mean = read.clean.models["mean"]
    assert mean.get("accuracy").low == summary["clean"]["models"]["mean"]["accuracy"]["low"]
    assert mean.confusion is not None
    assert read.segmentation["unet"].threshold == 0.45


def test_the_same_rows_give_the_same_bytes(repository):
    first, second = report.outputs(repository), report.outputs(repository)
    assert first == second
    report.write(repository)
    assert report.stale(repository) == {}
    assert report.write(repository) == []


def test_markers_are_filled_and_the_rest_is_left_alone(repository):
    changed = report.write(repository)
    readme = (repository / "README.md").read_text()
    assert readme.startswith(f"# Title\n\n{BEGIN}\n**Clean test split**")
    assert readme.endswith(f"{END}\n\nEnd.\n")
    assert "\nold\n" not in readme
    for title in ("MobileNet", "Xception", "ResNet50", "Mean of three", "Outline by the U-Net"):
        assert title in readme
    card = (repository / "assets" / "cards" / "xception.md").read_text()
    assert "Xception" in card
    assert "ResNet50" not in card
    assert (repository / "assets" / "cards" / "unmarked.md").read_text() == "# No markers\n"
    names = {path.name for path in changed}
    assert names == {"summary.json", "trust.json", "variability.json", "README.md", "xception.md"}


def test_the_readme_says_what_the_summary_says(repository, summary):
    readme = (repository / "README.md").read_text()
    for name in MODELS:
        figure = summary["clean"]["models"][name]["balanced_accuracy"]
        cell = "{value:.3f} ({low:.3f}–{high:.3f})".format(**figure)
        assert cell in readme


@pytest.mark.parametrize("document", [BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_broken_markers_are_refused(document):
    with pytest.raises(MetricsError, match="mend the document"):
        fill_markers(document, "text")


def test_filling_twice_is_filling_once():
    once = fill_markers(f"a\n{BEGIN}\n{END}\nb", "text\n")
    assert once == f"a\n{BEGIN}\ntext\n{END}\nb"
    assert fill_markers(once, "text") == once
    assert fill_markers("no markers", "text") is None


def test_rendering_rounds_and_knows_no_nan():
    text = render(
        {
            "a": Interval(1 / 3, math.nan, -1e-9, undefined=2),
            "b": [{"c": [1, 0.1234567]}],
            "d": np.float64(0.5).item(),
        }
    )
    assert json.loads(text) == {
        "a": {"value": 0.333333, "low": None, "high": 0.0, "undefined_draws": 2},
        "b": [{"c": [1, 0.123457]}],
        "d": 0.5,
    }
    assert "-0.0" not in text


def test_check_passes_on_what_was_written_and_notices_one_changed_digit(repository, capsys):
    root = ["--root", str(repository)]
    assert main([*root, "--report-only"]) == 0
    assert main([*root, "--check"]) == 0
    path = Places(repository).summary
    text = path.read_text()
    digit = re.search(r'"accuracy": {"value": 0\.\d*(\d)', text)
    flipped = str((int(digit[1]) + 1) % 10)
    path.write_text(text[: digit.start(1)] + flipped + text[digit.end(1) :])
    assert main([*root, "--check"]) == 1
    assert "differs from the rows: assets/metrics/summary.json" in capsys.readouterr().err


def test_check_notices_a_figure_typed_into_the_readme(repository):
    root = ["--root", str(repository)]
    main([*root, "--report-only"])
    readme = repository / "README.md"
    text = readme.read_text()
    readme.write_text(text.replace("| MobileNet | 0.", "| MobileNet | 1."))
    assert readme.read_text() != text
    assert main([*root, "--check"]) == 1


def test_a_report_without_rows_names_the_command(repository, capsys):
    Places(repository).clean_rows.unlink()
    assert main(["--root", str(repository), "--report-only"]) == 1
    assert "make evaluate" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["split", "thresholds"])
def test_a_report_without_split_or_thresholds_says_what_is_missing(repository, name, capsys):
    path = getattr(Places(repository), name)
    path.unlink()
    assert main(["--root", str(repository), "--check"]) == 1
    assert f"{path.name} is missing" in capsys.readouterr().err


def test_a_report_alone_needs_no_network():
    code = (
        "import sys, ml.evaluation.__main__\n"
        "sys.exit(bool({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_rows_without_a_test_part_are_refused(repository):
    places = Places(repository)
    write_classification(places.clean_rows, simulated_table(24, splits=("validation",)))
    with pytest.raises(MetricsError, match="no test picture"):
        summary_of(places)


def test_committed_figures_are_what_the_committed_rows_give():
    root = Places(Path(__file__).resolve().parents[3])
    started = time.perf_counter()
    differing = report.stale(root.root)
    assert differing == {}, f"run `python -m ml.evaluation --report-only`: {list(differing)}"
    assert time.perf_counter() - started < 120
