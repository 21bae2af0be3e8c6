"""Which versions of which heads are made, and what the figures of pairs say about a network."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ml.counterfactual.seeds import seeded
from ml.errors import MetricsError
from ml.evaluation.counterfactual import held_out_slices, predict_pairs, versions
from ml.evaluation.counterfactual_rows import (
    PairRow,
    pair_figures,
    pair_weights,
    read_pairs,
    scores_of,
    write_pairs,
)
from ml.evaluation.pictures import Library
from tests.ml.counterfactual.simulated import head

TUMOURS = (("glioma", 1, "axial"), ("meningioma", 1, "axial"), ("pituitary", 2, "sagittal"))
FREE = (("no_tumor", 2, "axial"), ("no_tumor", 4, "axial"))


def line(path, label, group, split="test"):
    source = path.split("/")[0]
    keys = ("path", "label", "source", "cluster", "group", "split")
    return dict(zip(keys, (path, label, source, path, group, split), strict=True))


@pytest.fixture
def data(tmp_path):
    """Three tumours with masks and two free heads in the test part, copies of them in training."""
    root, rows, index = tmp_path / "data", [], ["id,label,patient_id"]
    for folder in ("figshare/images", "figshare/masks", "roboflow/test/notumor"):
        (root / folder).mkdir(parents=True)
    for number, (case, split) in enumerate([(c, s) for c in TUMOURS for s in ("test", "train")]):
        image, mask = head(*case)
        path = f"figshare/images/{number}.png"
        cv2.imwrite(str(root / path), np.round(image * 255).astype(np.uint8))
        mask_path = root / f"figshare/masks/{number}.png"
        cv2.imwrite(str(mask_path), (mask > 0.5).astype(np.uint8) * 255)
        index.append(f"{number},{case[0]},P{number}")
        rows.append(line(path, case[0], f"P{number}", split))
    (root / "figshare" / "index.csv").write_text("\n".join(index) + "\n")
    for number, case in enumerate(FREE):
        path = f"roboflow/test/notumor/{number}.png"
        cv2.imwrite(str(root / path), np.round(head(*case)[0] * 255).astype(np.uint8))
        rows.append(line(path, "no_tumor", f"N{number}"))
    return Library.at(root), rows


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("ml.evaluation.counterfactual.SIDE", 112)
    monkeypatch.setattr(
        "ml.evaluation.counterfactual.spec", lambda _: SimpleNamespace(input_size=56)
    )


def test_both_versions_of_every_test_head_and_none_of_training(data):
    library, rows = data
    made = list(versions(rows, library, a_head=3))
    by_kind = {k: [v for v in made if v.kind == k] for k in ("original", "counterfactual", "sham")}
    test = {row["path"] for row in rows if row["split"] == "test"}
    assert {v.pair for v in by_kind["original"]} == test
    assert len(by_kind["original"]) == len(test)
    assert len({v.id for v in made}) == len(made)
    trained = {row["group"] for row in rows if row["split"] == "train"}
    assert not {g for v in made for g in v.groups} & trained
    originals = {v.pair: v for v in by_kind["original"]}
    edited = by_kind["counterfactual"]
    assert {v.pair for v in edited} == test
    for version in edited:
        was_free = originals[version.pair].label == "no_tumor"
        assert (version.label == "no_tumor") == (not was_free)
        assert len(version.groups) == 1 + was_free
        assert np.abs(version.image - originals[version.pair].image).max() > 0.1
    blended = [v.label for v in edited if v.label != "no_tumor" and v.pair.endswith("/0.png")]
    assert len(blended) == 3
    for version in by_kind["sham"]:
        assert version.label == originals[version.pair].label


def test_the_same_pictures_again_whatever_else_is_there(data):
    library, rows = data
    first = {v.id: v.image for v in versions(rows, library, a_head=1)}
    again = {v.id: v.image for v in versions(rows[::-1], library, a_head=1)}
    assert first.keys() == again.keys()
    for name, image in first.items():
        np.testing.assert_array_equal(again[name], image)
    assert seeded("a", "b").random() != seeded("ab").random()


def test_nothing_is_written_beside_the_rows(data, tmp_path):
    library, rows = data
    before = sorted(tmp_path.rglob("*"))
    found = predict_pairs(rows, library, brightest, networks=("spot",), a_head=1)
    assert sorted(tmp_path.rglob("*")) == before
    assert {row.source for row in found} == {"figshare", "roboflow"}
    figures = pair_figures(found, draws=50)
    assert figures["pairs"]["n_heads"] == 5
    assert figures["pairs"]["auroc"]["spot"].value > 0.75


def brightest(_, batch):
    """A tumour is a large bright patch in the middle of the head."""
    middle = batch[:, 14:42, 14:42, 0]
    share = np.array([(cv2.GaussianBlur(one, (0, 0), 1.5) > 0.5).mean() for one in middle])
    logits = np.zeros((len(batch), 4))
    logits[:, 0] = 40 * share
    return logits


def test_no_test_mask_means_no_pair(data):
    library, rows = data
    free = [row for row in rows if row["label"] == "no_tumor"]
    with pytest.raises(MetricsError, match="found 0 and 2"):
        held_out_slices(free, library)


def table(rule, heads=40):
    """Rows of `heads` tumour and a quarter as many free heads; `rule` gives the probability."""
    rows = []
    for number in range(heads + heads // 4):
        free = number >= heads
        source = "roboflow" if free else "figshare"
        versions_ = [("original", "no_tumor" if free else "glioma", ())]
        if free:
            versions_ += [
                ("counterfactual", "glioma", (f"P{(number + k) % heads}",)) for k in (0, 7)
            ]
        else:
            versions_ += [("counterfactual", "no_tumor", ())]
        versions_ += [("sham", versions_[0][1], ())]
        for at, (kind, label, more) in enumerate(versions_):
            groups = (f"{'N' if free else 'P'}{number}", *more)
            said = {"net": rule(source, label, kind)}
            name = f"{number}.png"
            rows.append(PairRow(f"{name}#{at}", name, kind, source, groups, label, said))
    return rows


def test_a_network_that_sees_only_the_source_gets_one_half():
    rows = table(lambda source, *_: 0.9 if source == "figshare" else 0.1)
    figures = pair_figures(rows, draws=100)
    assert figures["pairs"]["auroc"]["net"].value == pytest.approx(0.5)
    assert figures["painted_out"]["auroc"]["net"].value == pytest.approx(0.5)
    assert figures["sham"]["auroc"]["net"].value == 1.0
    assert figures["pairs"]["n_heads"] == 50
    assert figures["pairs"]["n_pictures"] == 80 + 30


def test_a_network_that_sees_the_tumour_gets_one_and_seams_are_found_out():
    sees = pair_figures(table(lambda _, label, __: float(label != "no_tumor")), draws=50)
    assert [part["auroc"]["net"].value for part in sees.values()] == [1.0] * 4
    assert sees["pairs"]["auroc"]["mean"] == sees["pairs"]["auroc"]["net"]

    def seams(source, _, kind):
        return 0.5 if kind == "original" else float(source != "figshare")

    fooled = pair_figures(table(seams), draws=50)
    assert fooled["pairs"]["auroc"]["net"].value > 0.8
    assert fooled["sham"]["auroc"]["net"].value == 0.0


def test_heads_weigh_alike_and_two_patients_multiply():
    rows = table(lambda *_: 0.5, heads=8)
    weights = pair_weights(rows, draws=30)
    assert weights.shape == (31, len(rows))
    per_side = {}
    for row, weight in zip(rows, weights[0], strict=True):
        side = (row.pair, row.kind)
        per_side[side] = per_side.get(side, 0.0) + weight
    assert set(np.round(list(per_side.values()), 9)) == {1.0}
    column = {(row.pair, row.kind): at for at, row in enumerate(rows) if len(row.groups) == 1}
    for at, row in enumerate(rows):
        if len(row.groups) == 2:
            drawn = weights[:, column[row.pair, "original"]]
            donor = next(r for r in rows if r.groups == (row.groups[1],))
            expected = drawn * weights[:, column[donor.pair, "original"]] / 2
            np.testing.assert_allclose(weights[:, at], expected)


def test_a_head_without_its_other_version_takes_no_part():
    rows = table(lambda _, label, __: float(label != "no_tumor"), heads=8)
    rows = [row for row in rows if not (row.pair == "0.png" and row.kind == "counterfactual")]
    assert pair_figures(rows, draws=10)["pairs"]["n_heads"] == 9
    with pytest.raises(MetricsError, match="no head has both versions"):
        pair_figures([row for row in rows if row.kind != "counterfactual"], draws=10)


def test_rows_survive_the_file(tmp_path):
    rows = table(lambda *_: 0.25, heads=4)
    path = tmp_path / "metrics" / "counterfactual_clean.csv"
    write_pairs(path, rows)
    assert read_pairs(path) == rows
    header = path.read_text().splitlines()[0]
    assert header == "id,pair,kind,source,groups,label,net_tumour,mean_tumour"
    assert list(scores_of(rows)) == ["net", "mean"]


def test_unusable_tables_are_refused(tmp_path):
    with pytest.raises(MetricsError, match=r"pairs\.csv has not been computed"):
        read_pairs(tmp_path / "pairs.csv")
    (tmp_path / "pairs.csv").write_text("id,label\n1,glioma\n")
    with pytest.raises(MetricsError, match="cannot be used"):
        read_pairs(tmp_path / "pairs.csv")
    with pytest.raises(MetricsError, match="no counterfactual pair to write"):
        write_pairs(tmp_path / "pairs.csv", [])


def test_another_part_gives_its_own_heads(data):
    library, rows = data
    rows = [{**row, "split": "validation"} if row["split"] == "train" else row for row in rows]
    rows.append({**next(r for r in rows if r["label"] == "no_tumor"), "split": "validation"})
    marked, free = held_out_slices(rows, library, part="validation")
    assert {row["split"] for row in (*marked, *free)} == {"validation"}
    test, _ = held_out_slices(rows, library)
    assert not {row["path"] for row in marked} & {row["path"] for row in test}
    with pytest.raises(MetricsError, match="training slices with a mask"):
        list(versions(rows, library, part="training"))
