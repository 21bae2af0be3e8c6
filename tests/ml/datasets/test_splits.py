"""The split keeps persons together, settles labels and comes out the same every time."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from ml.datasets.assign import deal
from ml.datasets.fingerprints import fingerprint_all
from ml.datasets.groups import Links
from ml.datasets.picture import Picture
from ml.datasets.readers import read_all
from ml.datasets.splits import EXCLUDED, FOLDER, SPLITS, build, main, make_rows
from ml.datasets.tables import overlap, read_rows
from ml.errors import DatasetError
from ml.labels import CLASSES
from tests.ml.datasets.drawing import head, reencoded, write_jpeg


def _same(*pairs: tuple[int, int]) -> Links:
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    ones = np.ones(len(first))
    return Links(first, second, ones > 0, ones.astype(np.float32), np.zeros_like(first))


def _pictures(*kinds: tuple[str, str]) -> list[Picture]:
    return [Picture(f"{source}/{n}.jpg", source, label) for n, (source, label) in enumerate(kinds)]


def test_figshare_settles_a_contradiction_and_represents_its_cluster() -> None:
    pictures = _pictures(("sartaj", "pituitary"), ("figshare", "meningioma"), ("br35h", "tumor"))
    rows = make_rows(pictures, _same((0, 1), (1, 2)), [900, 100, 400])
    assert [r.label for r in rows] == ["meningioma", "meningioma", "tumor"]
    assert rows[0].shipped_label == "pituitary"
    assert [r.representative for r in rows] == [0, 1, 0]
    assert len({r.split for r in rows}) == 1
    assert rows[0].split in SPLITS


def test_a_contradiction_without_figshare_is_left_out() -> None:
    pictures = _pictures(("sartaj", "glioma"), ("roboflow", "meningioma"), ("sartaj", "glioma"))
    rows = make_rows(pictures, _same((0, 1)), [1, 1, 1])
    assert [r.split == EXCLUDED for r in rows] == [True, True, False]
    assert [r.fold for r in rows][:2] == [-1, -1]


def test_a_tumour_of_unknown_type_contradicts_only_its_absence() -> None:
    pictures = _pictures(
        ("br35h", "tumor"), ("sartaj", "glioma"), ("br35h", "tumor"), ("br35h", "no_tumor")
    )
    rows = make_rows(pictures, _same((0, 1), (2, 3)), [5, 4, 3, 2])
    assert [r.split == EXCLUDED for r in rows] == [False, False, True, True]
    assert [r.representative for r in rows][:2] == [0, 1]


def test_without_figshare_the_largest_picture_represents() -> None:
    pictures = _pictures(("sartaj", "glioma"), ("roboflow", "glioma"), ("sartaj", "glioma"))
    rows = make_rows(pictures, _same((0, 1), (1, 2)), [10, 30, 20])
    assert [r.representative for r in rows] == [0, 1, 0]


def test_deal_meets_the_shares_and_keeps_giants_in_training() -> None:
    rng = np.random.default_rng(3)
    sizes = {i: rng.integers(0, 9, 4).astype(float) for i in range(300)}
    sizes[7] = np.array([120.0, 0, 0, 0])
    parts = deal(sizes, (0.7, 0.15, 0.15), seed=1, largest=0.25)
    total = np.stack(list(sizes.values())).sum(axis=0)
    for part, share in enumerate((0.7, 0.15, 0.15)):
        filled = sum(sizes[i] for i, p in parts.items() if p == part)
        np.testing.assert_allclose(filled / total, share, atol=0.02)
    assert parts[7] == 0
    assert parts == deal(dict(reversed(sizes.items())), (0.7, 0.15, 0.15), seed=1, largest=0.25)
    assert parts != deal(sizes, (0.7, 0.15, 0.15), seed=2, largest=0.25)
    assert deal({}, (1.0,), seed=0) == {}


def test_overlap_counts_copies_and_group_mates_of_the_official_test_part() -> None:
    kinds = [("sartaj", "glioma")] * 4
    pictures = [
        Picture(p.path, p.source, p.label, official=o, patient_id=i)
        for p, o, i in zip(
            _pictures(*kinds),
            ("train", "test", "test", "test"),
            ("a", None, "a", "b"),
            strict=True,
        )
    ]
    assert overlap(make_rows(pictures, _same((0, 1)), [1] * 4)) == {
        "test_pictures": 3,
        "share_with_copy_in_train": round(1 / 3, 4),
        "share_with_groupmate_in_train": round(2 / 3, 4),
    }


def test_fingerprints_are_kept_until_a_file_changes(sets: Path, tmp_path: Path) -> None:
    pictures, cache = read_all(sets), tmp_path / "cache"
    first = fingerprint_all(pictures, sets, cache=cache)
    again = fingerprint_all(pictures, sets, cache=cache)
    np.testing.assert_array_equal(first.hashes, again.hashes)
    np.testing.assert_array_equal(first.patterns, again.patterns)
    assert len(list(cache.iterdir())) == 1
    write_jpeg(sets / pictures[0].path, head(500, 170))
    changed = fingerprint_all(pictures, sets, cache=cache)
    assert (changed.hashes[0] != first.hashes[0]).any()
    assert changed.areas[0] == 170 * 170


def test_command_writes_every_file(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = reencoded(np.rot90(head(0)).copy(), 80)
    write_jpeg(sets / "sartaj" / "Testing" / "glioma_tumor" / "copy.jpg", copy)
    monkeypatch.setenv("SULCUS_DATA", str(sets))
    assert main(["--out", str(tmp_path / "out"), "--no-cache"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert printed["official"]["sartaj"]["share_with_copy_in_train"] == 0.2
    rows = read_rows(tmp_path / "out" / "clean.csv")
    assert list(rows[0])[:6] == ["path", "label", "source", "cluster", "group", "split"]
    assert len(rows) == printed["total"]["pictures"] == len(read_all(sets))
    patients = [r["group"] for r in rows if r["path"] in {f"figshare/images/{n}.jpg" for n in "12"}]
    assert patients[0] == patients[1]
    official = read_rows(tmp_path / "out" / "official.csv")
    assert {r["source"] for r in official} == {"sartaj", "roboflow"}
    assert {r["fold"] for r in read_rows(tmp_path / "out" / "folds.csv")} <= set("01234")
    assert read_rows(tmp_path / "out" / "conflicts.csv") == []


def test_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SULCUS_DATA", str(tmp_path))
    assert main(["--out", str(tmp_path / "out")]) == 2
    assert "No data set found" in capsys.readouterr().err
    with pytest.raises(DatasetError, match=r"python -m ml\.datasets\.splits"):
        read_rows(tmp_path / "clean.csv")


def test_committed_clean_split_keeps_every_group_in_one_part() -> None:
    rows = read_rows(FOLDER / "clean.csv")
    parts: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["split"] != EXCLUDED:
            parts[row["group"]].add(row["split"])
            labels[row["cluster"]].add(row["label"])
    assert all(len(found) == 1 for found in parts.values())
    assert all(len(found - {"tumor"}) <= 1 for found in labels.values())
    assert all(row["split"] in (*SPLITS, EXCLUDED) for row in rows)
    assert len({row["path"] for row in rows}) == len(rows)


def test_committed_clean_split_is_near_70_15_15_in_every_class() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for row in read_rows(FOLDER / "clean.csv"):
        if row["representative"] == "1" and row["split"] != EXCLUDED:
            counted[row["label"], row["split"]] += 1
    for label in CLASSES:
        total = sum(counted[label, part] for part in SPLITS)
        for part, share in zip(SPLITS, (0.70, 0.15, 0.15), strict=True):
            assert counted[label, part] / total == pytest.approx(share, abs=0.02)


def test_committed_clusters_have_one_representative_each() -> None:
    counted: Counter[str] = Counter()
    clusters = set()
    for row in read_rows(FOLDER / "clean.csv"):
        clusters.add(row["cluster"])
        counted[row["cluster"]] += int(row["representative"])
    assert all(counted[cluster] == 1 for cluster in clusters)


def test_committed_folds_keep_every_group_in_one_fold() -> None:
    folds: dict[str, set[str]] = defaultdict(set)
    for row in read_rows(FOLDER / "folds.csv"):
        folds[row["group"]].add(row["fold"])
    assert all(len(found) == 1 for found in folds.values())
    assert set().union(*folds.values()) == set("01234")


def test_official_sartaj_test_part_is_mostly_known_from_training() -> None:
    shares = json.loads((FOLDER / "summary.json").read_text())["official"]["sartaj"]
    assert shares["share_with_copy_in_train"] > 0.5
    copies = json.loads((FOLDER / "summary.json").read_text())["copies_of_figshare"]
    assert copies["sartaj"] > 2000


@pytest.mark.real_data
@pytest.mark.slow
def test_committed_splits_are_what_the_pixels_give(real_root: Path, tmp_path: Path) -> None:
    known = {row["path"] for row in read_rows(FOLDER / "clean.csv")}
    if {p.path for p in read_all(real_root)} != known:
        pytest.skip("the data folder holds other pictures than those the splits were made from")
    assert main(["--out", str(tmp_path)]) == 0
    for name in ("clean", "official", "folds", "conflicts"):
        made, kept = (folder / f"{name}.csv" for folder in (tmp_path, FOLDER))
        assert made.read_text() == kept.read_text(), name
    made_summary = json.loads((tmp_path / "summary.json").read_text())
    assert made_summary == json.loads((FOLDER / "summary.json").read_text())


def test_build_is_the_same_twice(sets: Path) -> None:
    first, _ = build(sets, cache=None)
    second, _ = build(sets, cache=None)
    assert first == second
