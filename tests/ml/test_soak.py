"""What grew while many readers came, and the section of the document on it."""

import json
from pathlib import Path

import pytest

from ml.bench import soak
from ml.bench.soak import Sample, Told
from ml.errors import MetricsError
from tests.ml.test_bench import MACHINE

STEPS = {"open": "Page opened", "slice": "Slice changed"}


def samples(per_cent: float = 0.0, threads: float = 0.0) -> list[Sample]:
    """Ten minutes: a steep warm-up, then growth by so much of a per cent and so many threads."""
    found = []
    for place in range(200):
        share = max(0.0, place - 60) / 139
        memory = min(place, 60) * 10.0 + 400.0 + 10.0 * per_cent * share
        peak = 30.0 * (place % 20 == 19)  # short ones are no growth
        number = 30 + round(threads * share)
        found.append(Sample(3.0 * place, memory + peak, 500.0, 200, number, 0))
    return found


def test_what_is_flat_after_the_warm_up_passes() -> None:
    found = soak.figures(samples(2.0, threads=2), {"websocket": Told(9, [], {})}, [])
    assert found["failed"] == []
    assert found["watched"]["resident_mb"]["growth_percent"] == pytest.approx(2.0, abs=0.1)
    assert found["watched"]["resident_mb"]["most"] > 1020
    assert found["watched"]["files"]["growth_percent"] == 0.0
    assert found["watched_s"] == [180.0, 597.0]


@pytest.mark.parametrize(
    ("grown", "said"),
    [(samples(per_cent=6.0), "Memory, resident"), (samples(threads=4), "Threads")],
)
def test_what_grows_is_named(grown: list[Sample], said: str) -> None:
    (failed,) = soak.figures(grown, {}, [])["failed"]
    assert failed.startswith(said)


def test_every_error_counts_whoever_met_it() -> None:
    told = {"websocket": Told(3, ["Broken: no answer"], {}), "browser": Told(1, ["Broken"], {})}
    found = soak.figures(samples(), told, ["Traceback (most recent call last):"])
    assert found["failed"] == ["Errors: 3."]


def test_the_section_holds_the_figures(tmp_path: Path) -> None:
    assert soak.MISSING in soak.section(tmp_path, STEPS)
    told = {
        "websocket": Told(31, [], {"open": [0.1, 0.3], "slice": [0.05]}),
        "browser": Told(2, ["Broken: no picture"], {"open": [1.0]}),
    }
    options = {"machine": MACHINE, "minutes": 10.0, "sessions": 20, "browsers": 2}
    soak.keep(tmp_path, options, soak.figures(samples(7.0), told, []))
    text = soak.section(tmp_path, STEPS)
    assert "20 sessions over the websocket and 2 in browsers at once for 10 minutes: 31 and" in text
    assert "| Page opened | 200, 290 (2) | 1000, 1000 (1) |" in text
    assert "| Slice changed | 50, 50 (1) |  |" in text
    (row,) = (line for line in text.splitlines() if line.startswith("| Memory, resident"))
    begin, end, percent = map(float, row.split(" | ")[1:4])
    assert (begin, end) == pytest.approx((1000, 1070), abs=3)
    assert percent == pytest.approx(7, abs=0.1)
    assert row.endswith("| no |")
    assert "- Broken: no picture" in text
    assert "abacus" in text
    file = tmp_path / soak.FILE
    file.write_text(json.dumps({"machine": MACHINE}))
    with pytest.raises(MetricsError, match=r"soak\.json is damaged"):
        soak.section(tmp_path, STEPS)
