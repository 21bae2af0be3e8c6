"""Words of the page of model cards."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.texts import DASH, model
from ml.models.cards import Facts

HEADING: Final = "What each network is, and what it must not be used for"
INTRO: Final = (
    "The model cards of the networks installed here, as they lie in the repository under "
    "`assets/cards`. Paths name files of the repository."
)
NETWORK: Final = "Card of"
FACTS_HEADING: Final = "Weights and training"
FACTS_NOTE: Final = (
    "From `assets/weights/registry.json`, which the training writes. A reading checks the SHA-256 "
    "of the weights before it uses them."
)
CHECKLIST: Final = "Reporting checklists: CLAIM 2024 and TRIPOD+AI"
FACT: Final = "Fact"


def facts_table(found: Mapping[str, Facts]) -> tuple[list[str], list[list[str]]]:
    """Header and lines of the facts of one or several networks."""
    lines: list[tuple[str, Sequence[str]]] = [
        ("SHA-256 of the weights", [one.sha256 for one in found.values()]),
        ("Weight file", [_number(one.megabytes, "MB") for one in found.values()]),
        ("Parameters", [f"{one.parameters:,}" for one in found.values()]),
        ("Input", [f"{one.input_size} × {one.input_size} px" for one in found.values()]),
        ("Training", [_number(one.minutes, "minutes") for one in found.values()]),
        ("Stages of the last run", [", ".join(one.stages) or DASH for one in found.values()]),
        ("Went on from weights", [_short(one.earlier) for one in found.values()]),
        ("Training pictures", [_count(one.pictures) for one in found.values()]),
        ("Split", [one.split_id or DASH for one in found.values()]),
        ("Seed", [DASH if one.seed is None else str(one.seed) for one in found.values()]),
        ("Backend", [one.backend or DASH for one in found.values()]),
    ]
    header = [FACT, *(model(name) for name in found)]
    return header, [[title, *cells] for title, cells in lines]


def _number(value: float | None, unit: str) -> str:
    return DASH if value is None else f"{value:,.1f} {unit}"


def _count(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"


def _short(digest: str | None) -> str:
    return DASH if digest is None else f"{digest[:16]}…"
