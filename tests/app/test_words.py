"""Words on screen: errors, percentages, figures."""

import pytest

from app import messages, texts
from ml import errors
from ml.evaluation.published import Interval


def every_error() -> list[type[errors.SulcusError]]:
    found, waiting = [], [errors.SulcusError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_title_and_keeps_its_sentence(kind: type[errors.SulcusError]) -> None:
    message = messages.explain(kind("What was found. What to do."))
    assert message.detail == "What was found. What to do."
    assert message.title.endswith(".")


def test_each_scan_error_has_a_title_of_its_own() -> None:
    kinds = errors.ScanError.__subclasses__()
    assert len({messages.explain(kind("")).title for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "<1 %"), (0.009, "<1 %"), (0.01, "1 %"), (0.444, "44 %"), (0.99, "99 %")],
)
def test_percent_is_whole(share: float, words: str) -> None:
    assert texts.percent(share) == words


@pytest.mark.parametrize("share", [0.991, 0.9997, 1.0])
def test_percent_never_claims_certainty(share: float) -> None:
    assert texts.percent(share) == ">99 %"


def test_figure_with_interval_and_without() -> None:
    assert texts.figure(Interval(0.91234, 0.9, 0.93)) == "0.912 [0.900–0.930]"
    assert texts.figure(Interval(0.5)) == "0.500"
    assert texts.figure(Interval()) == texts.DASH
