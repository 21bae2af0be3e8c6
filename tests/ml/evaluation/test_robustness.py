"""Which versions are read, what the curves say, and what is no curve of these networks."""

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ml.corruptions import CORRUPTIONS, STRONGEST
from ml.datasets.readers import data_root
from ml.errors import MetricsError, MissingDataset
from ml.evaluation import published_shortcuts, report
from ml.evaluation.pictures import Library, read_split
from ml.evaluation.places import Places
from ml.evaluation.robustness import VERSIONS, predict_robustness, test_part, versions
from ml.evaluation.robustness_rows import (
    UNTOUCHED,
    StressTable,
    read_robustness,
    robustness_figures,
    write_robustness_rows,
)
from ml.evaluation.rows import read_classification, with_mean
from ml.labels import class_index
from tests.ml.counterfactual.simulated import head
from tests.ml.evaluation.conftest import simulated_table

test_part.__test__ = False


@pytest.fixture(autouse=True)
def small(monkeypatch):
    record = SimpleNamespace(input_size=48)
    monkeypatch.setattr("ml.evaluation.robustness.spec", lambda _: record)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Three drawn heads of a set in its published layout, and the rows of their split."""
    root, rows = tmp_path_factory.mktemp("stress") / "data", []
    for number, (folder, label) in enumerate(
        (("glioma", "glioma"), ("notumor", "no_tumor"), ("notumor", "no_tumor"))
    ):
        path = f"roboflow/test/{folder}/{number}.png"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        grey = np.round(head(label, 2 + number)[0] * 255).astype(np.uint8)
        cv2.imwrite(str(root / path), grey)
        keys = ("path", "label", "source", "cluster", "group", "split")
        split = "train" if number == 2 else "test"
        values = (path, label, "roboflow", path, f"g{number}", split)
        rows.append(dict(zip(keys, values, strict=True)))
    return Library.at(root), rows


def sharpness(_, batch):
    """Says glioma as long as the picture is sharp."""
    edges = [float(np.abs(cv2.Laplacian(one[..., 0], cv2.CV_32F)).mean()) for one in batch]
    return np.array([[40 * edge, 1.0, 0.0, 0.5] for edge in edges], np.float32)


def test_every_test_picture_comes_in_every_version(library):
    pictures, rows = library
    test = test_part(rows)
    table = predict_robustness(test, pictures, sharpness, networks=("a", "b"))
    assert len(table.id) == 2 * len(VERSIONS) == 2 * (1 + len(CORRUPTIONS) * STRONGEST)
    assert len(set(zip(table.id, table.corruption, table.strength, strict=True))) == len(table.id)
    assert set(table.id) == {row["path"] for row in rows if row["split"] == "test"}
    assert list(table.called) == ["a", "b", "mean"]
    for values in table.true.values():
        assert ((values >= 0) & (values <= 1)).all()
    row = VERSIONS.index(("blur", 5))
    assert table.true["a"][row] < table.true["a"][0]  # blurred, it is less of a glioma


def test_versions_depend_on_the_name_alone(library):
    pixels = head("glioma", 2)[0] * 900
    first, again, other = (list(versions(pixels, name)) for name in ("a", "a", "b"))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(first[0], pixels)
    noise = VERSIONS.index(("noise", 3))
    assert np.abs(first[noise] - other[noise]).max() > 0


def stressed(clean, *, worse="blur", kinds=("blur", "noise"), strengths=(1, 2)):
    """Every network as it is, but wrong about every picture under `worse` at strength 2."""
    test = clean.part("test")
    said = {name: np.exp(v - v.max(axis=1, keepdims=True)) for name, v in test.logits.items()}
    said = {name: v / v.sum(axis=1, keepdims=True) for name, v in said.items()}
    said["mean"] = np.mean(list(said.values()), axis=0)
    cells = [(UNTOUCHED, 0), *((kind, s) for kind in kinds for s in strengths)]
    ids, labels = test.where["id"], test.labels
    called = {name: [] for name in said}
    true = {name: [] for name in said}
    for kind, strength in cells:
        for name, values in said.items():
            fooled = kind == worse and strength == 2
            called[name].append((labels + 1) % 4 if fooled else values.argmax(axis=1))
            true[name].append(values[np.arange(len(ids)), labels])
    return StressTable(
        id=tuple(ids) * len(cells),
        corruption=tuple(kind for kind, _ in cells for _ in ids),
        strength=tuple(s for _, s in cells for _ in ids),
        value=tuple(float("nan") if not s else s / 10 for _, s in cells for _ in ids),
        called={name: np.concatenate(parts) for name, parts in called.items()},
        true={name: np.concatenate(parts).round(4) for name, parts in true.items()},
    )


def test_curves_are_balanced_accuracy_and_its_paired_change():
    clean = simulated_table()
    figures = robustness_figures(stressed(clean), clean.part("test"), draws=200)
    assert list(figures["corruptions"]) == ["blur", "noise"]
    assert figures["corruptions"]["blur"]["values"] == [0.1, 0.2]
    assert figures["same_networks"] is True
    test = clean.part("test")
    for model, logits in with_mean(test.logits).items():
        recalls = [(logits.argmax(axis=1) == c)[test.labels == c].mean() for c in range(4)]
        untouched = figures["untouched"][model]
        assert untouched.value == pytest.approx(np.mean(recalls))
        blurred = figures["corruptions"]["blur"]["models"][model]
        assert blurred["1"]["balanced_accuracy"] == untouched
        assert blurred["1"]["change"].value == 0.0
        assert blurred["2"]["balanced_accuracy"].value == 0.0
        assert blurred["2"]["change"].value == pytest.approx(-untouched.value)
        assert blurred["2"]["change"].high < 0.0
        assert untouched.low <= untouched.value <= untouched.high
    assert figures["n_groups"] == len(set(test.where["group"]))


def test_rows_of_other_networks_are_called_so():
    clean = simulated_table()
    other = stressed(simulated_table(seed=5))
    assert robustness_figures(other, clean.part("test"), draws=10)["same_networks"] is False


@pytest.mark.parametrize("fault", ["missing version", "foreign picture", "no untouched"])
def test_rows_that_do_not_fit_the_split_are_refused(fault):
    clean = simulated_table()
    table = stressed(clean)
    keep = np.ones(len(table.id), bool)
    if fault == "missing version":
        keep[-1] = False
    elif fault == "no untouched":
        keep = np.array(table.strength) > 0
    part = clean.part("test" if fault != "foreign picture" else "validation")
    kept = {
        name: tuple(np.array(getattr(table, name))[keep].tolist())
        for name in ("id", "corruption", "strength", "value")
    }
    arrays = {
        name: {model: values[keep] for model, values in getattr(table, name).items()}
        for name in ("called", "true")
    }
    with pytest.raises(MetricsError, match="do not fit the clean split"):
        robustness_figures(StressTable(**kept, **arrays), part, draws=10)


def test_the_report_writes_checks_and_reads_the_curves(repository):
    places = Places(repository)
    assert places.robustness not in report.outputs(repository)
    table = stressed(read_classification(places.clean_rows))
    write_robustness_rows(places.robustness_rows, table)
    back = read_robustness(places.robustness_rows)
    assert (back.id, back.corruption, back.strength) == (table.id, table.corruption, table.strength)
    report.write(repository)
    assert report.stale(repository) == {}
    text = places.robustness.read_text()
    raw = json.loads(text)
    read = published_shortcuts.load_robustness(places.robustness)
    assert read.same_networks
    point = read.corruptions["blur"].models["mean"][1]
    expected = raw["corruptions"]["blur"]["models"]["mean"]["2"]["balanced_accuracy"]
    assert point.balanced_accuracy.value == expected["value"]
    assert point.falls
    assert not read.corruptions["noise"].models["mean"][1].falls
    places.robustness.write_text(text.replace("true", "false", 1))
    assert list(report.stale(repository)) == [places.robustness]


def test_unusable_files_are_refused_and_absent_figures_are_none(tmp_path):
    path = tmp_path / "rows.parquet"
    with pytest.raises(MetricsError, match="has not been computed"):
        read_robustness(path)
    path.write_bytes(b"no table")
    with pytest.raises(MetricsError, match="cannot be used"):
        read_robustness(path)
    for load in (published_shortcuts.load_robustness, published_shortcuts.load_background):
        assert load(tmp_path / "figures.json") is None
        for content in ("{", "[]", '{"views": 1}', '{"corruptions": {"blur": {}}}'):
            (tmp_path / "bad.json").write_text(content)
            with pytest.raises(MetricsError, match="make evaluate"):
                load(tmp_path / "bad.json")


@pytest.mark.real_data
def test_real_pictures_come_in_every_version():
    try:
        library = Library.at(data_root())
    except MissingDataset as error:
        pytest.skip(str(error))
    rows = test_part(read_split(Places(report_root()).split))
    assert len({row["cluster"] for row in rows}) == len(rows) > 100
    row = rows[0]
    assert class_index(row["label"]) in range(4)
    made = list(versions(library.pixels(row["path"]), row["path"]))
    assert len(made) == len(VERSIONS)
    assert all(np.isfinite(one).all() for one in made)


def report_root():
    return Path(__file__).resolve().parents[3]
