"""The table of augmentation variants comes from validation rows of the same pictures."""

from dataclasses import replace

import numpy as np
import pytest

from ml.comparison import augmentation as module
from ml.comparison.augmentation import (
    DOCUMENT,
    FAMILIES,
    NETWORK,
    VARIANTS,
    WHOLE,
    figures,
    main,
    measure,
    rows_of,
)
from ml.comparison.entrants import Finished
from ml.errors import MetricsError
from ml.evaluation.pictures import Library
from ml.evaluation.rows import read_classification, write_classification
from ml.training.augment import Families
from ml.training.batches import families_of
from tests.ml.comparison.test_measure import bright
from tests.ml.evaluation.conftest import simulated_table
from tests.ml.evaluation.test_predict import data, write_splits

__all__ = ["data"]


def of(skill, *, seed=9, **keywords):
    table = simulated_table(**keywords)
    rng = np.random.default_rng(seed)
    logits = (skill * np.eye(4)[table.labels] + rng.normal(size=(len(table), 4))).round(6)
    return replace(table, logits={NETWORK: logits})


@pytest.fixture
def measured(tmp_path):
    (tmp_path / DOCUMENT).parent.mkdir(parents=True)
    for name, skill in ((WHOLE, 4.0), ("nothing", 0.5), ("MixUp", 4.0)):
        write_classification(rows_of(tmp_path, name), of(skill))
    return tmp_path


def test_every_family_is_left_out_once():
    for name in FAMILIES:
        found = families_of(VARIANTS[f"without {name}"])
        assert found == Families().without(name)
    assert not any(vars(families_of(VARIANTS["nothing"])).values())


def test_a_real_difference_has_its_star(measured):
    found = figures(measured)
    assert list(found) == [WHOLE, "nothing", "MixUp"]
    difference, real = found["nothing"]["difference"]
    assert real
    assert difference.high < 0.0
    assert found["MixUp"]["difference"][0].value == 0.0
    assert not found["MixUp"]["difference"][1]
    assert main(["--report-only", "--root", str(measured)]) == 0
    lines = (measured / DOCUMENT).read_text().splitlines()
    (nothing,) = [line for line in lines if line.startswith("| nothing")]
    assert nothing.rstrip().endswith("* |")
    (mixup,) = [line for line in lines if line.startswith("| MixUp")]
    assert "*" not in mixup


def test_other_pictures_are_refused(measured):
    table = of(1.0)
    where = {**table.where, "id": tuple(f"x{i}" for i in table.where["id"])}
    write_classification(rows_of(measured, "CutMix"), replace(table, where=where))
    with pytest.raises(MetricsError, match="CutMix read other pictures"):
        figures(measured)


def test_without_the_recipe_there_is_nothing_to_compare_with(tmp_path, capsys):
    assert main(["--report-only", "--root", str(tmp_path)]) == 1
    assert "python -m ml.comparison.augmentation recipe" in capsys.readouterr().err
    assert main(["colour"]) == 2


def test_only_validation_pictures_are_read(monkeypatch, data, tmp_path):
    root, rows = data
    write_splits(tmp_path, rows)
    run = {"split_id": "ab", "config": {}}
    monkeypatch.setattr(module, "load_run", lambda *_: Finished(bright(), 64, 12, 3.5, run))
    measure(WHOLE, runs=tmp_path, root=tmp_path, library=Library.at(root))
    assert set(read_classification(rows_of(tmp_path, WHOLE)).where["split"]) == {"validation"}
