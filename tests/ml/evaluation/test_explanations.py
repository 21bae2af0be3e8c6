"""Scores of heat maps, the choice on validation alone, and the figures from the rows."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.evaluation import explanations, report
from ml.evaluation.explanation_figures import explanation_figures
from ml.evaluation.explanation_rows import (
    SLOW,
    STEPS,
    UNTRAINED,
    WIDTHS,
    ExplanationRow,
    SanityRow,
    choose_method,
    choose_network,
    choose_width,
    gaussian,
    read_explanation_rows,
    read_sanity_rows,
    write_explanation_rows,
    write_sanity_rows,
)
from ml.evaluation.explanation_scores import (
    centred_gaussian,
    energy_in_mask,
    points_at,
    rank_correlation,
)
from ml.evaluation.explanations import Look, score
from ml.evaluation.pictures import by_lot
from ml.evaluation.places import Places
from ml.evaluation.published_explanations import load
from ml.inference.explain import METHODS
from ml.models import registry
from ml.models.registry import CLASSIFIERS
from ml.preprocess import Crop, prepare
from tests.ml.fakes import FakeEngine, disc_picture, published


def test_energy_is_the_share_of_what_is_positive():
    values = np.array([[1.0, -5.0], [0.5, 0.5]], np.float32)
    mask = np.array([[True, True], [False, False]])
    assert energy_in_mask(values, mask) == pytest.approx(0.5)
    assert math.isnan(energy_in_mask(-np.ones((2, 2), np.float32), mask))


@pytest.mark.parametrize(("column", "hit"), [(30, 1), (34, 1), (36, 0)])
def test_the_maximum_may_lie_a_twentieth_of_the_side_away(column, hit):
    mask = np.zeros((60, 100), np.bool_)
    mask[20:40, 20:30] = True
    values = np.zeros((60, 100), np.float32)
    values[25, column] = 1.0
    assert points_at(values, mask) == hit
    assert math.isnan(points_at(np.zeros((60, 100), np.float32), mask))


def test_the_middle_of_a_flat_top_counts():
    mask = np.zeros((100, 100), np.bool_)
    mask[50, 50] = True
    values = np.zeros((100, 100), np.float32)
    values[40:61, 40:61] = 1.0
    assert points_at(values, mask) == 1


def test_the_gaussian_sits_in_the_middle_of_the_head():
    values = centred_gaussian(Crop(top=10, left=-20, side=81), (120, 100), 0.25)
    assert np.unravel_index(values.argmax(), values.shape) == (50, 20)
    assert values.max() == pytest.approx(1.0)
    assert values[50, 40] == pytest.approx(math.exp(-((20 / 81) ** 2) / (2 * 0.25**2)))
    assert not values[:10].any()
    assert not values[:, 61:].any()


def test_rank_correlation_is_spearmans():
    from scipy.stats import spearmanr

    random = np.random.default_rng(0)
    one, other = random.random((2, 5, 5)).round(1)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel())[0])
    assert rank_correlation(one, one**3) == pytest.approx(1.0)
    assert math.isnan(rank_correlation(one, np.zeros((5, 5))))


def test_every_group_is_drawn_before_one_is_drawn_twice():
    rows = [{"path": f"{i}.png", "group": f"g{i // 4}"} for i in range(40)]
    found = by_lot(rows, 12)
    assert len({row["group"] for row in found[:10]}) == 10
    assert found == by_lot(rows[::-1], 12)
    assert len(by_lot(rows, 100)) == 40


def test_maps_are_scored_on_the_scans_pixels(monkeypatch):
    monkeypatch.setattr(registry, "published", published)
    pixels = disc_picture(150)
    ready = {size: prepare(pixels, size) for size in (96, 128)}
    mask = pixels > 200
    row = {"path": "figshare/1.png", "group": "g1", "label": "glioma", "split": "test"}
    look = Look(row, {s: r.image for s, r in ready.items()}, ready[96].crop, mask)
    found = score([look], FakeEngine(), widths=(0.1, 0.25, 0.25))
    assert len(found) == len(CLASSIFIERS) * len(METHODS) + 2
    assert {r.network for r in found} == {*CLASSIFIERS, ""}
    inside, outside = (np.full((4, 4), v, np.float32) for v in (0.0, 0.0))
    inside[1, 2] = outside[3, 0] = 1.0  # the disc is above and right of the middle
    assert look.scored(inside)[0] > look.scored(outside)[0]
    by_width = {r.method: r for r in found if not r.network}
    whole = centred_gaussian(look.crop, mask.shape, 0.25)
    assert by_width["gaussian_0.25"].energy == pytest.approx(energy_in_mask(whole, mask), abs=1e-6)


def row(picture, network, method, energy, split="test"):
    place = (f"figshare/{picture:02}.png", f"{split}{picture // 2}", "glioma", split)
    return ExplanationRow(
        *place, network, method, "glioma" if network else "", energy, energy > 0.2
    )


def simulated(pictures=12):
    """Margin is best on validation, contrast on test; the Gaussian of 0.1 on validation."""
    rows = []
    for split, best in (("validation", "margin"), ("test", "contrast")):
        for i in range(pictures):
            for network in ("mobilenet", "xception"):
                for method in METHODS:
                    energy = 0.3 if method == best else (0.1, 0.11, 0.12)[i % 3]
                    rows.append(row(i, network, method, energy, split))
                if i < 4:
                    rows += [row(i, network, method, 0.4, split) for method in SLOW]
                if split == "test":
                    rows.append(row(i, network, UNTRAINED, 0.05, split))
            widths = WIDTHS if split == "validation" else (0.1, 0.25)
            rows += [row(i, "", gaussian(w), 0.11 if w == 0.1 else 0.06, split) for w in widths]
    return rows


def simulated_sanity():
    return [
        SanityRow(f"figshare/{i:02}.png", f"test{i // 2}", network, step, round(0.5 / (at + 1), 6))
        for network in ("mobilenet", "xception")
        for at, step in enumerate(STEPS)
        for i in range(4)
    ]


def test_method_and_gaussian_are_chosen_on_validation_alone():
    rows = simulated()
    assert choose_method(rows) == "margin"
    assert choose_width(rows) == 0.1
    turned = [replace(r, energy=1.0) if r.split == "test" else r for r in rows]
    assert choose_method(turned) == "margin"
    with pytest.raises(MetricsError, match="validation part"):
        choose_method([r for r in rows if r.method != "log_odds"])


def test_the_network_drawn_first_is_chosen_on_validation():
    rows = simulated()
    better = [
        replace(r, energy=r.energy + 0.5)
        if (r.network, r.method, r.split) == ("xception", "margin", "validation")
        else r
        for r in rows
    ]
    assert choose_network(better, "margin") == "xception"
    turned = [replace(r, energy=9.0) if r.split == "test" else r for r in better]
    assert choose_network(turned, "margin") == "xception"


def test_figures_are_what_the_rows_say():
    found = explanation_figures(simulated(), simulated_sanity(), draws=100)
    assert (found["n_pictures"], found["n_groups"], found["default"]) == (12, 6, "margin")
    network = found["networks"]["mobilenet"]
    assert network["methods"]["contrast"]["energy"].value == pytest.approx(0.3)
    assert network["methods"]["contrast"]["hit"].value == 1.0
    assert network["methods"]["margin"]["energy"].value == pytest.approx(0.11)
    assert network["times"]["untrained"].value == pytest.approx(2.2)
    assert network["times"]["best"].value == pytest.approx(1.0)
    assert network["times"]["quarter"].value == pytest.approx(0.11 / 0.06)
    assert found["gaussians"]["best"]["sigma"] == 0.1
    assert found["part"]["n_pictures"] == 4
    assert set(found["part"]["networks"]["xception"]) == {*METHODS, *SLOW, UNTRAINED}
    assert found["part"]["gaussians"]["best"]["energy"].value == pytest.approx(0.11)
    assert found["sanity"]["networks"]["xception"]["stride_32"].value == pytest.approx(0.25)


def test_an_empty_map_is_left_out_and_counted_and_other_pictures_are_refused():
    rows = simulated()
    at = next(
        i
        for i, r in enumerate(rows)
        if (r.split, r.network, r.method) == ("test", "mobilenet", "margin")
    )
    rows[at] = replace(rows[at], energy=math.nan, hit=math.nan)
    margin = explanation_figures(rows, simulated_sanity(), draws=20)["networks"]["mobilenet"][
        "methods"
    ]["margin"]
    assert margin["empty"] == 1
    assert margin["energy"].value == pytest.approx((12 * 0.11 - 0.1) / 11)
    with pytest.raises(MetricsError, match="do not fit together"):
        explanation_figures(rows[:at] + rows[at + 1 :], simulated_sanity(), draws=20)


def test_rows_survive_the_file_and_unusable_ones_are_refused(tmp_path):
    path = tmp_path / "rows" / "maps.csv"
    rows = [replace(simulated()[0], energy=math.nan, hit=math.nan), *simulated()[1:]]
    write_explanation_rows(path, rows)
    back = read_explanation_rows(path)
    assert back[1:] == rows[1:]
    assert math.isnan(back[0].energy)
    write_sanity_rows(path, simulated_sanity())
    assert read_sanity_rows(path) == simulated_sanity()
    with pytest.raises(MetricsError, match="parts explanations"):
        read_explanation_rows(path)


def test_the_report_writes_what_the_page_reads(repository):
    places = Places(repository)
    assert places.explanations not in report.outputs(repository)
    write_explanation_rows(places.explanation_rows, simulated())
    write_sanity_rows(places.sanity_rows, simulated_sanity())
    report.write(repository)
    found = load(places.explanations)
    assert found is not None
    assert found.default == "margin"
    assert found.networks["mobilenet"].times["untrained"].value == pytest.approx(2.2)
    assert found.gaussians["best"][0] == 0.1
    assert report.stale(repository) == {}
    content = json.loads(places.explanations.read_text())
    places.explanations.write_text(json.dumps(content | {"default": "contrast"}))
    assert list(report.stale(repository)) == [places.explanations]
    places.explanations.write_text("{")
    with pytest.raises(MetricsError, match="damaged"):
        load(places.explanations)
    assert load(repository / "none.json") is None


def test_the_subset_is_stated_beside_the_figures():
    protocol = explanation_figures(simulated(), simulated_sanity(), draws=5)["protocol"]
    assert explanations.HEADS == 3
    assert "three random heads" in protocol
