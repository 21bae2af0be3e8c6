"""Writing that is drawn, the fit, the choice of the limit, and the figures."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ml import phantom
from ml.errors import MetricsError
from ml.evaluation import writing_published
from ml.evaluation.letters import FITTED, FONTS, LEAST_CONTRAST, NEW, SIZES_PX, draw_on
from ml.evaluation.places import Places
from ml.evaluation.rendering import render
from ml.evaluation.writing_fit import LETTER, NEITHER, OTHER, fit, labels
from ml.evaluation.writing_rows import (
    AS_PUBLISHED,
    PHANTOM,
    PICTURE,
    Tried,
    build_writing,
    choose_limit,
    read_seen,
    read_tried,
    write_tried,
    writing_figures,
)
from ml.inference.writing import CELL, STRIDE, look

ROOT = Path(__file__).resolve().parents[3]


@cache
def head(seed: int, side: int = 256) -> np.ndarray:
    return phantom.draw("meningioma", seed=seed, size=side).pixels


def test_what_is_drawn_can_be_read_and_stays_in_its_box() -> None:
    picture, rng = head(1), np.random.default_rng(0)
    for _ in range(20):
        drawn = draw_on(picture, rng, tuple(FONTS))
        top, left, bottom, right = drawn.box
        changed = drawn.pixels != picture
        assert changed[top:bottom, left:right].any()
        changed[top:bottom, left:right] = False
        assert not changed.any()
        assert drawn.contrast >= LEAST_CONTRAST
        assert SIZES_PX[0] <= drawn.size_px <= SIZES_PX[1]
    assert np.array_equal(picture, head(1))
    with pytest.raises(ValueError, match="fits"):
        draw_on(np.zeros((6, 6), np.uint8), rng, FITTED)


@pytest.mark.parametrize("font", FONTS)
def test_every_font_has_capitals_of_the_size_asked_for(font: str) -> None:
    for size in (8, 20, 40):
        high = FONTS[font]("HEH", size).shape[0]
        assert 0.7 * size - 1 <= high <= size + 2


def test_fonts_are_fitted_or_new() -> None:
    assert set(FITTED) | set(NEW) == set(FONTS)
    assert not set(FITTED) & set(NEW)


def test_windows_on_a_line_of_their_height_are_letters() -> None:
    rng = np.random.default_rng(4)
    drawn = draw_on(head(2, 320), rng, ("simplex",))
    drawn = replace(drawn, box=(40, 80, 52, 240))
    full, half, _ = look(drawn.pixels.astype(np.float32))
    known = labels(full, drawn)
    rows, columns = np.nonzero(known == LETTER)
    assert set(rows * CELL) == {36, 40}, "16 px around the middle of the line"
    assert (columns * CELL * STRIDE).min() >= 76
    assert (columns * CELL * STRIDE).max() + 32 <= 244
    assert known[0, 0] == OTHER
    assert known[40 // CELL - 2, 12] == NEITHER
    assert set(np.unique(labels(half, drawn))) == {NEITHER, LETTER, OTHER}


def test_the_fit_tells_letters_from_heads() -> None:
    letters = fit([head(seed) for seed in (1, 2, 3)])
    picture = head(50)
    drawn = draw_on(picture, np.random.default_rng(1), ("vera",))

    def highest(pixels: np.ndarray) -> float:
        return max(float(letters.scores(one.values).max()) for one in look(pixels))

    assert highest(drawn.pixels.astype(np.float32)) > highest(picture.astype(np.float32)) + 1


def simulated() -> list[Tried]:
    """400 published pictures a part with scores 0 … 3.99, and writing that scores 3 or 9."""
    rows = [
        Tried(f"{part}/{n}", f"{part}{n}", part, AS_PUBLISHED, n / 100, ms=4.0)
        for part in ("validation", "test")
        for n in range(400)
    ]
    for material in (PICTURE, PHANTOM):
        for n in range(40):
            score = 3.0 if n % 4 == 0 else 9.0
            more = {"size_px": 8 + n % 30, "contrast": 50.0, "beneath": float(n), "font": "duplex"}
            rows.append(Tried(f"{n}", f"{n}", "test", material, score, **more))
    return rows


SEEN = {"test/399": True, **{f"test/{n}": False for n in range(390, 399)}}


def test_the_limit_leaves_one_of_a_hundred_without_writing() -> None:
    rows = simulated()
    limit = choose_limit(rows, {})
    assert sum(row.score >= limit for row in rows if row.part == "validation") == 4
    assert choose_limit(rows, {f"validation/{n}": True for n in (397, 398, 399)}) < limit
    with pytest.raises(MetricsError, match="no validation picture"):
        choose_limit([row for row in rows if row.part == "test"], {})


def test_the_figures_are_those_of_the_rows() -> None:
    found = writing_figures(simulated(), SEEN, split_id="s", letters={"sha256": "0"}, draws=50)
    assert found["hits"]["simulated"]["share"].value == 0.75
    assert found["with_writing"] == 1
    assert found["false_alarms"]["n_pictures"] == 399
    assert found["false_alarms"]["share"].value == pytest.approx(3 / 399)
    assert found["ms"] == {"median": 4.0, "p95": 4.0, "n": 800}


def test_what_nobody_looked_at_is_no_figure() -> None:
    with pytest.raises(MetricsError, match="were not looked at"):
        writing_figures(simulated(), {}, split_id="s", letters={}, draws=5)


def test_rows_come_back_and_a_damaged_table_is_said(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    write_tried(file, simulated())
    assert read_tried(file) == simulated()
    file.write_text("id,score\na,1\n")
    with pytest.raises(MetricsError, match="cannot be used"):
        read_tried(file)
    file.write_text("id,seen\na,perhaps\n")
    with pytest.raises(MetricsError, match="cannot be used"):
        read_seen(file)


def test_the_published_figures_are_those_of_the_committed_rows() -> None:
    places = Places(ROOT)
    assert render(build_writing(places)) == places.writing.read_text(encoding="utf-8")
    found = writing_published.load(places.writing)
    assert found.ms_median < 20
    assert json.loads(places.writing.read_text())["false_alarms"]["n_pictures"] > 300


def test_figures_that_are_absent_or_damaged_are_said(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="not measured"):
        writing_published.load(tmp_path / "writing.json")
    (tmp_path / "writing.json").write_text("[]")
    with pytest.raises(MetricsError, match="damaged"):
        writing_published.load(tmp_path / "writing.json")
